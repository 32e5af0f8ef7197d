/* The header of a .safetensors file. */
#ifndef FOVEA_CHECKPOINT_HEADER_H
#define FOVEA_CHECKPOINT_HEADER_H

#include "checkpoint/tensor_source.h"

enum {
    FOVEA_MAX_HEADER_BYTES = 8 << 20
};

/**
 * Read and check the header of one .safetensors file.
 *
 * @param entries_out  Owned by the caller, in the header's order.
 */
FOVEA_NODISCARD enum fovea_status fovea_safetensors_parse(const char *name,
        const struct fovea_input *input,
        struct fovea_tensor_entry **entries_out, size_t *n_out,
        struct fovea_error *err);

#endif
