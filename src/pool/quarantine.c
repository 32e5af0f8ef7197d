/* Items that ended workers: see quarantine.h. */
#include "pool/quarantine.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"

enum {
    BLOCK_SIZE = 256 * 1024
};

void
fovea_quarantine_init(struct fovea_quarantine *quarantine, int64_t time_ns)
{
    /* Entries count once they are in use. A compound literal would take 19 kB
       of the stack. */
    quarantine->n = 0;
    quarantine->time_ns = time_ns;
}

/* Keeps the order. */
static void
remove_at(struct fovea_quarantine *quarantine, size_t index)
{
    quarantine->n--;
    memmove(&quarantine->entries[index], &quarantine->entries[index + 1],
            (quarantine->n - index) * sizeof quarantine->entries[0]);
}

size_t
fovea_quarantine_count(struct fovea_quarantine *quarantine, int64_t now_ns)
{
    while (quarantine->n > 0 &&
            fovea_later(quarantine->entries[0].since_ns, quarantine->time_ns) <=
                    now_ns) {
        remove_at(quarantine, 0);
    }
    return quarantine->n;
}

bool
fovea_quarantine_has_size(struct fovea_quarantine *quarantine, uint64_t size,
        int64_t now_ns)
{
    size_t n = fovea_quarantine_count(quarantine, now_ns);
    for (size_t i = 0; i < n; i++) {
        if (quarantine->entries[i].size == size) {
            return true;
        }
    }
    return false;
}

const struct fovea_quarantined *
fovea_quarantine_find(struct fovea_quarantine *quarantine, uint64_t size,
        const char *digest, int64_t now_ns)
{
    size_t n = fovea_quarantine_count(quarantine, now_ns);
    for (size_t i = 0; i < n; i++) {
        const struct fovea_quarantined *entry = &quarantine->entries[i];
        if (entry->size == size && strcmp(entry->digest, digest) == 0) {
            return entry;
        }
    }
    return NULL;
}

void
fovea_quarantine_add(struct fovea_quarantine *quarantine,
        const struct fovea_quarantined *entry)
{
    const struct fovea_quarantined *known = fovea_quarantine_find(quarantine,
            entry->size, entry->digest, entry->since_ns);
    if (known) {
        remove_at(quarantine, (size_t)(known - quarantine->entries));
    } else if (quarantine->n == FOVEA_QUARANTINE_MAX) {
        remove_at(quarantine, 0);
    }
    quarantine->entries[quarantine->n++] = *entry;
}

void
fovea_quarantine_release(struct fovea_quarantine *quarantine, int64_t since_ns)
{
    while (quarantine->n > 0 &&
            quarantine->entries[quarantine->n - 1].since_ns >= since_ns) {
        quarantine->n--;
    }
}

static enum fovea_status
add_file(struct fovea_sha256 *hash, int fd, uint64_t size,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE uint8_t *block = malloc(BLOCK_SIZE);
    if (!block) {
        return fovea_fail_memory(err, BLOCK_SIZE, "the digest of an item");
    }
    for (uint64_t at = 0; at < size;) {
        size_t want = size - at < BLOCK_SIZE ? (size_t)(size - at) : BLOCK_SIZE;
        ssize_t n = pread(fd, block, want, (off_t)at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                    "cannot read an item for its digest");
        }
        if (n == 0) {
            break; /* cut short meanwhile: the digest of what is there */
        }
        fovea_sha256_add(hash, block, (size_t)n);
        at += (uint64_t)n;
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_quarantine_digest(int fd, uint64_t size, const char *judge,
        char digest_out[FOVEA_SHA256_SIZE], struct fovea_error *err)
{
    struct fovea_sha256 hash;
    char digest[FOVEA_SHA256_SIZE];
    fovea_sha256_begin(&hash);
    if (judge[0]) {
        fovea_sha256_add_text(&hash, judge);
    }
    enum fovea_status status = add_file(&hash, fd, size, err);
    enum fovea_status ended =
            fovea_sha256_end(&hash, digest, status ? NULL : err);
    if (!status && !ended) {
        memcpy(digest_out, digest, sizeof digest);
    }
    return status ? status : ended;
}
