/* What a linear layer is made for, and what it works on. */
#ifndef FOVEA_ENGINE_CPU_OPERANDS_H
#define FOVEA_ENGINE_CPU_OPERANDS_H

#include "engine/cpu/rows.h"

/** A linear layer for a fixed number of rows. */
struct fovea_linear_shape {
    size_t rows;
    enum fovea_element dst_element;
    enum fovea_post post;
    bool has_bias;
};

/** What a run works on. */
struct fovea_operands {
    const struct fovea_rows *src; /* of width k */
    const void *weights; /* packed; only read, may be in read-only memory */
    const float *bias;   /* [n], or NULL without has_bias */
    const struct fovea_rows *dst; /* of width n; overlaps no other */
    void *scratch; /* fovea_product_scratch_size() bytes, aligned to
                      FOVEA_OPERAND_ALIGNMENT */
};

#endif
