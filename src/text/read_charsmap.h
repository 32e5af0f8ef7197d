/* Inside of text/: sentencepiece's precompiled_charsmap. */
#ifndef FOVEA_TEXT_READ_CHARSMAP_H
#define FOVEA_TEXT_READ_CHARSMAP_H

#include "text/draft.h"

/**
 * Read the blob into the draft's charsmap and replacements.
 *
 * @param blob  A string of base64: bytes of a double-array trie, the trie, and
 *              replacements that end with NUL.
 * @param op    Gets how much longer a text may become.
 * @return FOVEA_OK; FOVEA_ERR_TOKENIZER_INVALID; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_read_charsmap(struct fovea_draft *draft,
        const char *where, const json_t *blob, struct fovea_text_op *op,
        struct fovea_error *err);

#endif
