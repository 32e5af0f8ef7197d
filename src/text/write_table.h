/* Inside of text/: a draft to a table. */
#ifndef FOVEA_TEXT_WRITE_TABLE_H
#define FOVEA_TEXT_WRITE_TABLE_H

#include "text/draft.h"

/**
 * Write a whole draft into new sealed memory. Its merges are sorted.
 *
 * @return FOVEA_OK; FOVEA_ERR_TOKENIZER_INVALID if two pieces have one id, or ids
 *         have too large gaps; FOVEA_ERR_NO_MEMORY; FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_write_table(struct fovea_draft *draft,
        int *fd_out, struct fovea_error *err);

#endif
