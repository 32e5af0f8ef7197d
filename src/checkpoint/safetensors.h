/*
 * The weights of a checkpoint: one .safetensors file, or shards with an index.
 *
 * Opening reads and checks headers only; a tensor's bytes are read when it is
 * asked for, so that what nobody asks for (the text tower) is never read.
 *
 * Source: the safetensors format (8-byte little-endian header length, JSON
 * header, tensor data) and Hugging Face's model.safetensors.index.json.
 */
#ifndef FOVEA_CHECKPOINT_SAFETENSORS_H
#define FOVEA_CHECKPOINT_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    FOVEA_MAX_TENSOR_DIMS = 8,
    /* Of one file, or of an index of shards. The largest CLIP, both towers, has
       some 1,700 and a header of 220 kB. */
    FOVEA_MAX_TENSORS = 16384,
    FOVEA_MAX_HEADER_BYTES = 8 << 20,
    FOVEA_MAX_INDEX_BYTES = 8 << 20
};

/* Element types; only the first three can be read. */
enum fovea_tensor_type {
    FOVEA_TENSOR_F32,
    FOVEA_TENSOR_F16,
    FOVEA_TENSOR_BF16,
    FOVEA_TENSOR_OTHER,
};

struct fovea_tensor {
    const char *name; /* lives as long as the checkpoint */
    enum fovea_tensor_type type;
    unsigned n_dims;
    size_t shape[FOVEA_MAX_TENSOR_DIMS];
    size_t n_elements;
};

struct fovea_checkpoint;

/**
 * Open <directory>/model.safetensors, or the shards that
 * <directory>/model.safetensors.index.json lists.
 *
 * Header length, number of tensors, offsets, overlaps, gaps, sizes against
 * shapes and against the file are checked for every tensor. Shard names must be plain file names.
 *
 * @return FOVEA_OK; FOVEA_ERR_MODEL_NOT_FOUND (the message names the files it
 *         looked for); FOVEA_ERR_MODEL_WEIGHTS (the message names file and
 *         tensor); FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_checkpoint_open(const char *directory,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err);

/** Close; NULL is fine. */
void fovea_checkpoint_close(struct fovea_checkpoint *checkpoint);

/** Number of tensors. */
size_t fovea_checkpoint_count(const struct fovea_checkpoint *checkpoint);

/** A tensor by its index below the count, in the order of the names. */
const struct fovea_tensor *fovea_checkpoint_at(
        const struct fovea_checkpoint *checkpoint, size_t index);

/** "F32", "F16", "BF16" or "other". Static. */
const char *fovea_tensor_type_name(enum fovea_tensor_type type);

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

#endif
