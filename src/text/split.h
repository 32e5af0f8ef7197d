/* Inside of text/: a pre-tokenizer: a normalised text to words. */
#ifndef FOVEA_TEXT_SPLIT_H
#define FOVEA_TEXT_SPLIT_H

#include "text/scratch.h"

/**
 * Cut a text into words as a table's pre-tokenizer does.
 *
 * @param words_out  Memory of the scratch; pieces of text_out.
 * @param text_out   The text itself, or memory of the scratch.
 */
FOVEA_NODISCARD enum fovea_status fovea_split(const struct fovea_table *table,
        const uint8_t *text, size_t size, struct fovea_scratch *scratch,
        const struct fovea_words **words_out, const uint8_t **text_out,
        struct fovea_error *err);

#endif
