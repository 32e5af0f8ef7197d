/*
 * Images that ended two workers: by size and SHA-256, so that the same bytes
 * cannot take a third. A small table; the oldest entry goes.
 */
#ifndef FOVEA_POOL_SUSPECTS_H
#define FOVEA_POOL_SUSPECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    FOVEA_SUSPECTS_MAX = 64,
    FOVEA_SUSPECT_DIGEST_SIZE = 32,
};

struct fovea_suspect {
    uint64_t size;
    uint8_t digest[FOVEA_SUSPECT_DIGEST_SIZE];
    struct fovea_error verdict; /* what its images are answered with */
};

/* Guarded by whoever owns it; all zero is empty. */
struct fovea_suspects {
    struct fovea_suspect entries[FOVEA_SUSPECTS_MAX];
    size_t n;    /* in use */
    size_t next; /* to be overwritten */
};

/** Whether any has this size: only then is a digest worth its time. */
bool fovea_suspects_have_size(const struct fovea_suspects *suspects,
        uint64_t size);

/** The verdict on these bytes; NULL if they are not known. Lives until the next
 *  fovea_suspects_add(). */
const struct fovea_error *fovea_suspects_find(
        const struct fovea_suspects *suspects, uint64_t size,
        const uint8_t digest[FOVEA_SUSPECT_DIGEST_SIZE]);

void fovea_suspects_add(struct fovea_suspects *suspects,
        const struct fovea_suspect *suspect);

/** SHA-256 of size bytes of a descriptor from offset 0. Blocks. FOVEA_ERR_IO,
 *  FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_suspect_digest(int fd, uint64_t size,
        uint8_t digest_out[FOVEA_SUSPECT_DIGEST_SIZE], struct fovea_error *err);

#endif
