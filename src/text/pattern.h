/* Inside of text/: what Replace and Split look for. */
#ifndef FOVEA_TEXT_PATTERN_H
#define FOVEA_TEXT_PATTERN_H

#include "text/table.h"

/**
 * Find the first match at or behind `from`, never an empty one. A text is gone
 * through once by all calls for it, each from where the last match ended.
 *
 * @param strings  The table's, which op refers to.
 * @return false if there is none.
 */
bool fovea_pattern_next(const struct fovea_text_op *op, const uint8_t *strings,
        const uint8_t *text, size_t size, size_t from,
        struct fovea_span *match_out);

#endif
