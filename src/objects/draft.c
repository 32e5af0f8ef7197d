/* See draft.h. */
#include "objects/draft.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/macros.h"
#include "sys/file_status.h"

enum {
    PIECE_SIZE = 1 << 17
};

enum fovea_status
fovea_draft_write(struct fovea_draft *draft, const void *bytes, size_t size,
        struct fovea_error *err)
{
    FOVEA_ASSERT(!draft->is_sealed);
    return fovea_atomic_file_write(&draft->file, bytes, size, err);
}

/* Feed the whole file to a hash; its size. */
static enum fovea_status
hash_file(const struct fovea_draft *draft, char *piece,
        struct fovea_sha256 *hash, uint64_t *size_out, struct fovea_error *err)
{
    uint64_t at = 0;
    ssize_t n = 1;
    while (n != 0) {
        n = pread(draft->file.fd, piece, PIECE_SIZE, (off_t)at);
        if (n < 0 && errno != EINTR) {
            int error = errno;
            return fovea_fail_errno(err, fovea_file_status(error), error,
                    "%s: cannot be read again", draft->key);
        }
        if (n > 0) {
            fovea_sha256_add(hash, piece, (size_t)n);
            at += (uint64_t)n;
        }
    }
    *size_out = at;
    return FOVEA_OK;
}

enum fovea_status
fovea_draft_seal(struct fovea_draft *draft, struct fovea_error *err)
{
    FOVEA_ASSERT(!draft->is_sealed);
    struct fovea_sha256 hash;
    struct fovea_error error;
    FOVEA_AUTO_FREE char *piece = malloc(PIECE_SIZE);
    if (!piece) {
        return fovea_fail_memory(err, PIECE_SIZE, "a piece of a file");
    }
    fovea_sha256_begin(&hash);
    enum fovea_status status =
            hash_file(draft, piece, &hash, &draft->size, err);
    enum fovea_status ended =
            fovea_sha256_end(&hash, draft->sha256, status ? &error : err);
    status = status ? status : ended;
    draft->is_sealed = !status;
    return status;
}

void
fovea_draft_finish(struct fovea_draft *draft)
{
    if (draft) {
        fovea_atomic_file_abandon(&draft->file);
        free(draft->key);
        *draft = (struct fovea_draft)FOVEA_DRAFT_INIT;
    }
}
