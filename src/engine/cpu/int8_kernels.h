/*
 * What stands around a product of 8-bit operands: rows that become 8 bits, and the
 * epilogue, which makes floats of exact int32 sums.
 *
 * A source is q + 128, unsigned, as the CPU's instructions want it, with q * scale the
 * value and a scale for every row; a weight is signed, with a scale for every output
 * channel. So of a sum over unsigned sources 128 times the sum of the channel's
 * weights is too much.
 *
 * A value has the same bits whatever it stands beside, on every CPU: see activation.h.
 */
#ifndef FOVEA_ENGINE_CPU_INT8_KERNELS_H
#define FOVEA_ENGINE_CPU_INT8_KERNELS_H

#include <float.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/cpu/rows.h"

enum {
    FOVEA_INT8_ZERO = 128, /* what 0 is in a source */
    FOVEA_INT8_MOST = 127 /* of q; -127 is the least, so that signs are alike */
};

/** The greater of the bits of two magnitudes, one of them a value's: they are ordered
 *  as their bits are, with infinity and NaN above all. */
static inline int32_t
fovea_int8_greater(int32_t most, float value)
{
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits &= INT32_MAX;
    return bits > most ? bits : most;
}

/** The scale of values whose largest magnitude has these bits. */
static inline float
fovea_int8_scale_of(int32_t most)
{
    float scale;
    memcpy(&scale, &most, sizeof scale);
    scale /= (float)FOVEA_INT8_MOST;
    return scale < FLT_MIN ? FLT_MIN : scale;
}

/**
 * Make a row 8 bits: q = value / scale to nearest, ties to even.
 *
 * @param values   [n] of F32 or BF16.
 * @param out      [n]: q + FOVEA_INT8_ZERO.
 * @return The scale, as fovea_int8_scale() (int8_weights.h): infinite or NaN where a
 *         value is, so that what is computed from the row is too.
 */
float fovea_int8_quantise(const void *values, enum fovea_element element,
        size_t n, uint8_t *out);

/**
 * Make rows 8 bits, each with a scale of its own.
 *
 * @param from   Of F32 or BF16.
 * @param width  Of a row, in elements; whole lines if either side is blocked.
 * @param to     Of U8, with room for scales.
 */
void fovea_int8_quantise_rows(const struct fovea_rows *from, size_t n_rows,
        size_t width, const struct fovea_rows *to);

/* Of the columns of a product, [n] each. */
struct fovea_int8_columns {
    const float *scale;
    const int32_t *offset; /* FOVEA_INT8_ZERO * sum of the channel's weights */
    const float *bias;
};

/**
 * The epilogue of one row: out = post((sum - offset) * (row_scale * scale) + bias),
 * the last step one fused multiply-add.
 *
 * @param sums  [n], exact.
 * @param out   [n]. With FOVEA_POST_ADD it is added to what stands there.
 */
void fovea_int8_epilogue(const int32_t *sums, size_t n, float row_scale,
        const struct fovea_int8_columns *columns, enum fovea_post post,
        float *out);

#endif
