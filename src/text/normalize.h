/* Inside of text/: a normalizer, step by step. */
#ifndef FOVEA_TEXT_NORMALIZE_H
#define FOVEA_TEXT_NORMALIZE_H

#include "text/scratch.h"

/**
 * Put a text through a table's normalizer.
 *
 * @param text_out  The text itself, or memory of the scratch, until the next
 *                  call.
 */
FOVEA_NODISCARD enum fovea_status fovea_normalize(
        const struct fovea_table *table, const uint8_t *text, size_t size,
        struct fovea_scratch *scratch, const uint8_t **text_out,
        size_t *size_out, struct fovea_error *err);

#endif
