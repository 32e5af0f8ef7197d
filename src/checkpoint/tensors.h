/* The tensors of a tower in a checkpoint: whether all are there, and their
   values. */
#ifndef FOVEA_CHECKPOINT_TENSORS_H
#define FOVEA_CHECKPOINT_TENSORS_H

#include "checkpoint/checkpoint.h"
#include "spec/family.h"
#include "spec/tower.h"

/** What a tower's tensors come to. */
struct fovea_tensors_summary {
    uint64_t n_elements;       /* of all its tensors */
    size_t largest_n_elements; /* of the largest one, as it is stored */
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

/**
 * Read what a spec says (fovea_tensor_next()) as the engine has it: float32,
 * outputs first, whatever it is stored as and beside.
 *
 * @param values  wanted->n_elements float32; unspecified on failure.
 * @return FOVEA_OK; FOVEA_ERR_MODEL_WEIGHTS; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_tensor_load(
        const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_spec *wanted, float *values,
        struct fovea_error *err);

/** n of the values of what a spec says, from the one at `at` on, if it is stored as
 *  the engine has it. */
FOVEA_NODISCARD enum fovea_status fovea_tensor_load_part(
        const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_spec *wanted, size_t at, size_t n,
        float *values, struct fovea_error *err);

#endif
