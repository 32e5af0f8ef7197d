/* Whether a file is the one that was announced: see pull_state.h. */
#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "hub/pull_state.h"

enum {
    BLOCK_SIZE = 1 << 18
};

FOVEA_DEFINE_AUTO(EVP_MD_CTX *, EVP_MD_CTX_free);

static enum fovea_status
digest_file(struct fovea_hub *hub, int fd, EVP_MD_CTX *digest,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *block = malloc(BLOCK_SIZE);
    if (!block) {
        return fovea_fail_memory(err, BLOCK_SIZE, "a checksum");
    }
    for (uint64_t at = 0;;) {
        ssize_t n = pread(fd, block, BLOCK_SIZE, (off_t)at);
        if (n < 0) {
            return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                    "%s: cannot read it for its checksum", hub->file);
        }
        if (n == 0) {
            return FOVEA_OK;
        }
        if (!EVP_DigestUpdate(digest, block, (size_t)n)) {
            return fovea_fail_memory(err, BLOCK_SIZE, "a checksum");
        }
        at += (uint64_t)n;
        enum fovea_status status = fovea_hub_show(hub, err);
        if (status) {
            return status;
        }
    }
}

/* What git puts before the bytes of a file; none before SHA-256. */
static bool
begin(EVP_MD_CTX *digest, bool is_git, uint64_t size)
{
    char head[40];
    int n = snprintf(head, sizeof head, "blob %" PRIu64, size);
    return EVP_DigestInit_ex(digest, is_git ? EVP_sha1() : EVP_sha256(),
                   NULL) &&
            (!is_git || EVP_DigestUpdate(digest, head, (size_t)n + 1));
}

static enum fovea_status
check_digest(struct fovea_hub *hub, int fd, const char *etag, uint64_t size,
        struct fovea_error *err)
{
    size_t n_digits = strlen(etag);
    bool is_git = n_digits == 40;
    FOVEA_AUTO(EVP_MD_CTX_free_auto) EVP_MD_CTX *digest = EVP_MD_CTX_new();
    if (!digest || !begin(digest, is_git, size)) {
        return fovea_fail_memory(err, BLOCK_SIZE, "a checksum");
    }
    enum fovea_status status = digest_file(hub, fd, digest, err);
    if (status) {
        return status;
    }
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char digits[2 * EVP_MAX_MD_SIZE + 1] = "";
    if (!EVP_DigestFinal_ex(digest, bytes, &n)) {
        return fovea_fail_memory(err, BLOCK_SIZE, "a checksum");
    }
    for (unsigned i = 0; i < n; i++) {
        (void)snprintf(digits + (size_t)2 * i, 3, "%02x", bytes[i]);
    }
    if (strcmp(digits, etag) != 0) {
        return fovea_fail(err, FOVEA_ERR_FETCH_CHECKSUM,
                "%s: its %s is %.16s..., not %.16s... as announced; it was "
                "thrown away: try again",
                hub->file, is_git ? "git SHA-1" : "SHA-256", digits, etag);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_pull_check(struct fovea_hub *hub, int fd,
        const struct fovea_hub_answer *answer, struct fovea_error *err)
{
    struct stat info;
    if (fstat(fd, &info)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "%s: cannot see its size", hub->file);
    }
    uint64_t size = (uint64_t)info.st_size;
    if (answer->size && size != answer->size) {
        return fovea_fail(err, FOVEA_ERR_FETCH_CHECKSUM,
                "%s: it has %" PRIu64 " bytes, not %" PRIu64 " as announced; "
                "it was thrown away: try again",
                hub->file, size, answer->size);
    }
    size_t n_digits = strlen(answer->etag);
    bool is_digest = (n_digits == 40 || n_digits == 64) &&
            strspn(answer->etag, "0123456789abcdef") == n_digits;
    return is_digest ? check_digest(hub, fd, answer->etag, size, err)
                     : FOVEA_OK;
}
