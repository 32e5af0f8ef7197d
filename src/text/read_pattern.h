/* Inside of text/: patterns of Replace and Split to what carries them out. */
#ifndef FOVEA_TEXT_READ_PATTERN_H
#define FOVEA_TEXT_READ_PATTERN_H

#include "text/draft.h"

/**
 * Read {"String": ...} or {"Regex": ...} into an op.
 *
 * Of regular expressions these are understood: CLIP's Split, with and without
 * its special tokens; a character, \s, or a set in brackets of ASCII characters,
 * ranges and \s, alone, with + or with {n,}; a text without any operator.
 *
 * @param where  Of the component, in messages.
 * @return FOVEA_OK; FOVEA_ERR_TOKENIZER_UNSUPPORTED with the pattern;
 *         FOVEA_ERR_TOKENIZER_INVALID; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_read_pattern(struct fovea_draft *draft,
        const char *where, const json_t *pattern, struct fovea_text_op *op,
        struct fovea_error *err);

#endif
