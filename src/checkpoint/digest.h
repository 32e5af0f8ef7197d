/*
 * What a model's weights are, in 64 digits: SHA-256 over the config's vision
 * shape and the headers and bytes of the vision tower's tensors.
 */
#ifndef FOVEA_CHECKPOINT_DIGEST_H
#define FOVEA_CHECKPOINT_DIGEST_H

#include <stddef.h>

#include "checkpoint/checkpoint.h"
#include "checkpoint/config.h"

enum {
    FOVEA_DIGEST_SIZE = 65 /* hexadecimal digits and NUL */
};

/** By reading all of the tower's tensors. FOVEA_ERR_IO,
 *  FOVEA_ERR_MODEL_WEIGHTS, FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_digest_weights(
        const struct fovea_tower *tower,
        const struct fovea_checkpoint *checkpoint,
        char digest_out[FOVEA_DIGEST_SIZE], struct fovea_error *err);

/**
 * Which files these are without reading them: SHA-256 over device, inode, size,
 * modification and change time of the config, of the processor's settings and the
 * index of shards if there are any, and of every shard.
 *
 * @param changed_ns_out  When the last of them changed, since 1970. Times are
 *                        coarse: a file that changed just now may change again
 *                        and keep its identity.
 */
FOVEA_NODISCARD enum fovea_status fovea_digest_identity(const char *directory,
        const struct fovea_checkpoint *checkpoint,
        char identity_out[FOVEA_DIGEST_SIZE], int64_t *changed_ns_out,
        struct fovea_error *err);

#endif
