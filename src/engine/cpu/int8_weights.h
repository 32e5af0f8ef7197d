/* Weights in 8 bits: each output channel has a scale, q * scale is the weight. */
#ifndef FOVEA_ENGINE_CPU_INT8_WEIGHTS_H
#define FOVEA_ENGINE_CPU_INT8_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

/**
 * The scale of some values: their largest magnitude is FOVEA_INT8_MOST of it.
 *
 * @return Not less than the smallest normal number: dividing by it is safe, and
 *         values that are too small for one, or 0, are 0 of it. Infinite or NaN where
 *         one of the values is.
 */
float fovea_int8_scale(const float *values, size_t n);

/** Round a matrix [n][k] to what 8 bits can say of it, in place. A row with a value
 *  that is not finite has none that is. */
void fovea_int8_round(float *values, size_t n, size_t k);

/* A matrix as products of 8-bit operands have it, row by output channel. */
struct fovea_int8_matrix {
    int8_t *weights;  /* [n][k]: q */
    float *scales;    /* [n] */
    int32_t *offsets; /* [n]: what unsigned sources make too much of a sum,
                         FOVEA_INT8_ZERO times the sum of the channel's q */
    size_t n;
    size_t k;
};

/** Make 8 bits of a matrix [n][row_stride], of which k columns count: what
 *  fovea_int8_round() leaves of it. */
void fovea_int8_convert(const float *weights, size_t row_stride,
        const struct fovea_int8_matrix *matrix);

#endif
