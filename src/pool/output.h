/*
 * Where the rows of a job go that do not come with its results (wire/work.h): a
 * file in memory that goes with the job. Loop thread.
 */
#ifndef FOVEA_POOL_OUTPUT_H
#define FOVEA_POOL_OUTPUT_H

#include "pool/internal.h"

/** One for so many rows, into slot->output_fd. */
FOVEA_NODISCARD enum fovea_status fovea_output_open(struct fovea_slot *slot,
        size_t n, struct fovea_error *err);

/** A row of it, until the next call; NULL if it cannot be read. */
const void *fovea_output_read(struct fovea_slot *slot, uint32_t index);

/** Fine if there is none. */
void fovea_output_close(struct fovea_slot *slot);

#endif
