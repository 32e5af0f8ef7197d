/*
 * The weights of a checkpoint, wherever they are from: finding tensors and
 * reading them. safetensors.h opens one from files, random.h makes one.
 */
#ifndef FOVEA_CHECKPOINT_CHECKPOINT_H
#define FOVEA_CHECKPOINT_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "checkpoint/tensor.h"

struct fovea_checkpoint;

/** Close; NULL is fine. */
void fovea_checkpoint_close(struct fovea_checkpoint *checkpoint);

/** Number of tensors. */
size_t fovea_checkpoint_count(const struct fovea_checkpoint *checkpoint);

/** A tensor by its index below the count, in the order of the names. */
const struct fovea_tensor *fovea_checkpoint_at(
        const struct fovea_checkpoint *checkpoint, size_t index);

/** Look a tensor up; NULL if there is none of that name. */
const struct fovea_tensor *fovea_checkpoint_find(
        const struct fovea_checkpoint *checkpoint, const char *name);

/**
 * Look a tensor up and check type and shape.
 *
 * @return FOVEA_OK; FOVEA_ERR_MODEL_WEIGHTS if it is missing, of another shape
 *         (both shapes are in the message) or of a type that is not read.
 */
FOVEA_NODISCARD enum fovea_status fovea_checkpoint_require(
        const struct fovea_checkpoint *checkpoint, const char *name,
        unsigned n_dims, const size_t *shape,
        const struct fovea_tensor **tensor_out, struct fovea_error *err);

/** Bytes of a tensor as it is stored; of a type that can be read. */
size_t fovea_tensor_size(const struct fovea_tensor *tensor);

/**
 * Read a piece of a tensor as it is stored. Not of random weights, which are
 * not.
 *
 * @param at, size  A piece inside the tensor's size.
 * @return as fovea_checkpoint_read().
 * Threads: safe.
 */
FOVEA_NODISCARD enum fovea_status fovea_checkpoint_read_raw(
        const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor *tensor, size_t at, void *bytes, size_t size,
        struct fovea_error *err);

/**
 * Read a tensor as float32, row-major, whatever it is stored as.
 *
 * @param values  tensor->n_elements float32; unspecified on failure.
 * @return FOVEA_OK; FOVEA_ERR_MODEL_WEIGHTS if the file became shorter;
 *         FOVEA_ERR_IO.
 * Threads: safe.
 */
FOVEA_NODISCARD enum fovea_status fovea_checkpoint_read(
        const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor *tensor, float *values,
        struct fovea_error *err);

/** n of its elements from the one at `at` on, otherwise the same. */
FOVEA_NODISCARD enum fovea_status fovea_checkpoint_read_part(
        const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor *tensor, size_t at, size_t n, float *values,
        struct fovea_error *err);

#endif
