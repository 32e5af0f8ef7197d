/* See file_digest.h. */
#include "runtime/file_digest.h"

#include <string.h>

#include "base/error.h"

enum {
    BLOCK_BYTES = 1 << 18
};

enum fovea_status
fovea_sha256_add_input(struct fovea_sha256 *hash,
        const struct fovea_input *input, struct fovea_error *err)
{
    FOVEA_AUTO_FREE uint8_t *block = malloc(BLOCK_BYTES);
    if (!block) {
        return fovea_fail_memory(err, BLOCK_BYTES, "the digest of a file");
    }
    size_t n = 1;
    for (uint64_t at = 0; n > 0; at += n) {
        enum fovea_status status =
                fovea_input_read(input, at, block, BLOCK_BYTES, &n, err);
        if (status) {
            return status;
        }
        fovea_sha256_add(hash, block, n);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_file_digest(int fd, uint64_t size, char digest_out[FOVEA_SHA256_SIZE],
        struct fovea_error *err)
{
    const struct fovea_input input = {
        .fd = fd,
        .borrows_fd = true,
        .size = size,
    };
    struct fovea_sha256 hash;
    fovea_sha256_begin(&hash);
    enum fovea_status status = fovea_sha256_add_input(&hash, &input, err);
    char digest[FOVEA_SHA256_SIZE];
    enum fovea_status ended =
            fovea_sha256_end(&hash, digest, status ? NULL : err);
    if (!status && !ended) {
        memcpy(digest_out, digest, sizeof digest);
    }
    return status ? status : ended;
}
