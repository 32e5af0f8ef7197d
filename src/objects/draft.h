/*
 * Bytes on their way to an object.
 *
 * A draft is an open file that nobody sees: it is written, sealed, and put
 * (objects.h); one that is abandoned leaves nothing. Sealing tells its size and
 * digest, so that whoever finds something there already can compare.
 */
#ifndef FOVEA_OBJECTS_DRAFT_H
#define FOVEA_OBJECTS_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "base/sha256.h"
#include "sys/atomic_file.h"

struct fovea_draft {
    struct fovea_atomic_file file; /* where bytes go; of other kinds than a
                                      folder never committed */
    char *key;                     /* owned */
    bool is_sealed;
    uint64_t size;                  /* bytes, once it is sealed */
    char sha256[FOVEA_SHA256_SIZE]; /* the same */
};

#define FOVEA_DRAFT_INIT               \
    {                                  \
        .file = FOVEA_ATOMIC_FILE_INIT \
    }

/** Append bytes. FOVEA_OK, FOVEA_ERR_DISK_FULL, FOVEA_ERR_IO. */
FOVEA_NODISCARD enum fovea_status fovea_draft_write(struct fovea_draft *draft,
        const void *bytes, size_t size, struct fovea_error *err);

/** All bytes are there: compute size and digest. FOVEA_OK; FOVEA_ERR_IO;
 *  FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_draft_seal(struct fovea_draft *draft,
        struct fovea_error *err);

/** Drop what was not put, free everything. Fine on FOVEA_DRAFT_INIT, and twice. */
void fovea_draft_finish(struct fovea_draft *draft);

#endif
