/* Images that ended workers: see suspects.h. */
#include "pool/suspects.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/error.h"

enum {
    BLOCK_SIZE = 256 * 1024
};

bool
fovea_suspects_have_size(const struct fovea_suspects *suspects, uint64_t size)
{
    for (size_t i = 0; i < suspects->n; i++) {
        if (suspects->entries[i].size == size) {
            return true;
        }
    }
    return false;
}

const struct fovea_error *
fovea_suspects_find(const struct fovea_suspects *suspects, uint64_t size,
        const uint8_t digest[FOVEA_SUSPECT_DIGEST_SIZE])
{
    for (size_t i = 0; i < suspects->n; i++) {
        const struct fovea_suspect *entry = &suspects->entries[i];
        if (entry->size == size &&
                memcmp(entry->digest, digest, sizeof entry->digest) == 0) {
            return &entry->verdict;
        }
    }
    return NULL;
}

void
fovea_suspects_add(struct fovea_suspects *suspects,
        const struct fovea_suspect *suspect)
{
    suspects->entries[suspects->next] = *suspect;
    suspects->next = (suspects->next + 1) % FOVEA_SUSPECTS_MAX;
    suspects->n += suspects->n < FOVEA_SUSPECTS_MAX;
}

static void
free_digest(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

enum fovea_status
fovea_suspect_digest(int fd, uint64_t size,
        uint8_t digest_out[FOVEA_SUSPECT_DIGEST_SIZE], struct fovea_error *err)
{
    FOVEA_AUTO(free_digest) EVP_MD_CTX *context = EVP_MD_CTX_new();
    FOVEA_AUTO_FREE uint8_t *block = malloc(BLOCK_SIZE);
    if (!context || !block || !EVP_DigestInit_ex(context, EVP_sha256(), NULL)) {
        return fovea_fail_memory(err, BLOCK_SIZE, "the digest of an image");
    }
    for (uint64_t at = 0; at < size;) {
        size_t want = size - at < BLOCK_SIZE ? (size_t)(size - at) : BLOCK_SIZE;
        ssize_t n = pread(fd, block, want, (off_t)at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                    "cannot read an image for its digest");
        }
        if (n == 0) {
            break; /* cut short meanwhile: the digest of what is there */
        }
        if (!EVP_DigestUpdate(context, block, (size_t)n)) {
            return fovea_fail_memory(err, BLOCK_SIZE, "the digest of an image");
        }
        at += (uint64_t)n;
    }
    unsigned digest_size = FOVEA_SUSPECT_DIGEST_SIZE;
    if (!EVP_DigestFinal_ex(context, digest_out, &digest_size)) {
        return fovea_fail_memory(err, BLOCK_SIZE, "the digest of an image");
    }
    return FOVEA_OK;
}
