/* Layer norm for the instructions that norm.c is compiled for: both give the same
   bits. */
#ifndef FOVEA_ENGINE_CPU_NORM_H
#define FOVEA_ENGINE_CPU_NORM_H

#include "engine/cpu/rows.h"

/** Scale and shift of a layer norm, [width] each. */
struct fovea_norm {
    const float *weight;
    const float *bias;
    float eps;
    size_t width;
};

/** As fovea_kernel_layer_norm() (kernels.h), which takes one that the CPU has. */
void fovea_norm_avx2(const float *x, size_t n, const struct fovea_norm *norm,
        const struct fovea_rows *out);
void fovea_norm_avx512(const float *x, size_t n, const struct fovea_norm *norm,
        const struct fovea_rows *out);

#endif
