/* Inside of text/: model, added tokens, post-processor and what
   tokenizer_config.json adds, to a draft. */
#ifndef FOVEA_TEXT_READ_MODEL_H
#define FOVEA_TEXT_READ_MODEL_H

#include "text/draft.h"

/** The model's kind and settings; needs vocabulary, merges and pre-tokenizer. */
FOVEA_NODISCARD enum fovea_status fovea_read_model(struct fovea_draft *draft,
        struct fovea_error *err);

/** Tokens that are cut out of texts; needs the model and the normalizer. */
FOVEA_NODISCARD enum fovea_status fovea_read_added_tokens(
        struct fovea_draft *draft, struct fovea_error *err);

/** Special ids before and behind a text; needs all ids. */
FOVEA_NODISCARD enum fovea_status fovea_read_post_processor(
        struct fovea_draft *draft, struct fovea_error *err);

/** What tokenizer_config.json says of padding; NULL: it is not there. */
FOVEA_NODISCARD enum fovea_status fovea_read_padding(struct fovea_draft *draft,
        const json_t *config, struct fovea_error *err);

#endif
