/* Whether a checkpoint has all tensors of a tower, and what they come to. */
#ifndef FOVEA_CHECKPOINT_TENSORS_H
#define FOVEA_CHECKPOINT_TENSORS_H

#include "checkpoint/checkpoint.h"
#include "spec/tower.h"

/** What a tower's tensors come to. */
struct fovea_tensors_summary {
    uint64_t n_elements;       /* of all its tensors */
    size_t largest_n_elements; /* of the largest one */
    const char *dtype;         /* "F32", "F16", "BF16" or "mixed"; static */
};

/**
 * Check that every tensor is there, with its shape and of a type that can be
 * read. Reads no weights.
 *
 * @return FOVEA_OK; FOVEA_ERR_MODEL_WEIGHTS, naming the first that is not.
 */
FOVEA_NODISCARD enum fovea_status fovea_tensors_check(
        const struct fovea_tower *tower,
        const struct fovea_checkpoint *checkpoint,
        struct fovea_tensors_summary *summary_out, struct fovea_error *err);

#endif
