/* Inside of text/: a tokenizer's files to a draft, as they say it. */
#ifndef FOVEA_TEXT_READ_FILES_H
#define FOVEA_TEXT_READ_FILES_H

#include "text/draft.h"

/** Read <directory>/tokenizer.json; FOVEA_ERR_FILE_NOT_FOUND if there is none. */
FOVEA_NODISCARD enum fovea_status fovea_read_tokenizer_json(
        const char *directory, struct fovea_draft *draft,
        struct fovea_error *err);

/** Read vocab.json and merges.txt of CLIP as the tokenizer.json that is published
 *  beside them; FOVEA_ERR_FILE_NOT_FOUND if one is missing. */
FOVEA_NODISCARD enum fovea_status fovea_read_vocab_and_merges(
        const char *directory, struct fovea_draft *draft,
        struct fovea_error *err);

#endif
