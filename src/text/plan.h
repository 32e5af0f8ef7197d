/* Inside of text/: how much memory a text needs, and taking it. */
#ifndef FOVEA_TEXT_PLAN_H
#define FOVEA_TEXT_PLAN_H

#include "text/scratch.h"

/** Bytes of the block for a text, at most; UINT64_MAX if it cannot be. */
uint64_t fovea_scratch_bytes(const struct fovea_table *table,
        const uint8_t *text, size_t size);

/** Take the block for a text. FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_scratch_take(
        const struct fovea_table *table, const uint8_t *text, size_t size,
        struct fovea_scratch *scratch_out, struct fovea_error *err);

/** Free the block; fine on an all-zero scratch. */
void fovea_scratch_free(struct fovea_scratch *scratch);

#endif
