/* What the weights of a model are, for the cache of packed weights. */
#ifndef FOVEA_RUNTIME_WEIGHTS_DIGEST_H
#define FOVEA_RUNTIME_WEIGHTS_DIGEST_H

#include "pool/cache.h"
#include "spec/tower.h"

/**
 * The digest of the weights of a model's tower (checkpoint/digest.h): from the cache's memo
 * if the files are the same as when it was written (device, inode, size, times),
 * else by reading them, and the memo is written if it can be. Blocks.
 *
 * @param digest_out  FOVEA_CACHE_KEY_SIZE bytes.
 * @return as fovea_digest_weights(), fovea_checkpoint_open() and
 *         fovea_tower_read().
 */
FOVEA_NODISCARD enum fovea_status fovea_weights_digest(
        const struct fovea_cache *cache, const char *model_directory,
        enum fovea_modality modality, char *digest_out,
        struct fovea_error *err);

#endif
