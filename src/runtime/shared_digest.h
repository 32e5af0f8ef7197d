/* What the files are made of that workers share, for the cache. */
#ifndef FOVEA_RUNTIME_SHARED_DIGEST_H
#define FOVEA_RUNTIME_SHARED_DIGEST_H

#include "pool/pool_settings.h"

/**
 * As fovea_pool_digest_fn: of weights fovea_weights_digest(), of a tokenizer's
 * table the bytes of the files that it is compiled of. They are read and not
 * understood: that is for workers. One that is missing is no failure.
 *
 * @return as fovea_weights_digest(); FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_shared_digest(
        const struct fovea_cache *cache, const char *model_directory,
        enum fovea_modality modality, enum fovea_shared what, char *digest_out,
        struct fovea_error *err);

#endif
