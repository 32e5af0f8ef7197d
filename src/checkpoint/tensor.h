/* A tensor of a checkpoint: type and shape. */
#ifndef FOVEA_CHECKPOINT_TENSOR_H
#define FOVEA_CHECKPOINT_TENSOR_H

#include <stdbool.h>
#include <stddef.h>

enum {
    FOVEA_MAX_TENSOR_DIMS = 8
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

/** "F32", "F16", "BF16" or "other". Static. */
const char *fovea_tensor_type_name(enum fovea_tensor_type type);

/**
 * The type that the safetensors format calls by this name, and the bytes of an
 * element of it. false if it is not known.
 */
bool fovea_tensor_type_find(const char *name, enum fovea_tensor_type *type_out,
        unsigned *size_out);

#endif
