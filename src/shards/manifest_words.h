/* What a manifest is made of, as it was asked for: words and filters. */
#ifndef FOVEA_SHARDS_MANIFEST_WORDS_H
#define FOVEA_SHARDS_MANIFEST_WORDS_H

#include "bulk/inputs.h"
#include "shards/frozen.h"

/**
 * Fill in the digests of words and of frozen->filter.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT of texts, and of an image on standard input;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_manifest_take_words(
        const struct fovea_inputs_settings *inputs, struct fovea_frozen *frozen,
        struct fovea_error *err);

#endif
