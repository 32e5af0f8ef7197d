/*
 * See int8_kernels.h. Plain loops that the compiler turns into vectors of 8 or 16;
 * with contraction off, and comparisons that need not trap.
 */
#include "engine/cpu/int8_kernels.h"

#include <float.h>
#include <string.h>

#include "base/simd.h"
#include "engine/cpu/activation.h"

#define INLINE static inline __attribute__((always_inline))

INLINE float
value_at(const void *values, enum fovea_element element, size_t i)
{
    uint32_t bits;
    if (element == FOVEA_ELEMENT_BF16) {
        bits = (uint32_t)((const uint16_t *)values)[i] << 16;
    } else {
        memcpy(&bits, (const float *)values + i, sizeof bits);
    }
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Magnitudes are ordered as their bits are, with infinity and NaN above all. */
INLINE float
scale_of(const void *values, enum fovea_element element, size_t n)
{
    int32_t most = 0;
    for (size_t i = 0; i < n; i++) {
        const float value = value_at(values, element, i);
        int32_t bits;
        memcpy(&bits, &value, sizeof bits);
        bits &= INT32_MAX;
        most = bits > most ? bits : most;
    }
    float scale;
    memcpy(&scale, &most, sizeof scale);
    scale /= 127.0F;
    return scale < FLT_MIN ? FLT_MIN : scale;
}

/* Added to 1.5 * 2^23 a value is rounded to the lowest bits. */
INLINE float
quantise(const void *values, enum fovea_element element, size_t n, uint8_t *out)
{
    const float scale = scale_of(values, element, n);
    const float inverse = 1.0F / scale;
    for (size_t i = 0; i < n; i++) {
        const float shifted = __builtin_fmaf(value_at(values, element, i),
                inverse, 12582912.0F);
        uint32_t bits;
        memcpy(&bits, &shifted, sizeof bits);
        out[i] = (uint8_t)(bits + FOVEA_INT8_ZERO);
    }
    return scale;
}

FOVEA_CLONES float
fovea_int8_quantise(const void *values, enum fovea_element element, size_t n,
        uint8_t *out)
{
    return element == FOVEA_ELEMENT_BF16
            ? quantise(values, FOVEA_ELEMENT_BF16, n, out)
            : quantise(values, FOVEA_ELEMENT_F32, n, out);
}

INLINE void
epilogue(const int32_t *restrict sums, size_t n, float row_scale,
        const struct fovea_int8_columns *columns, enum fovea_post post,
        float *restrict out)
{
    const float *restrict scale = columns->scale;
    const int32_t *restrict offset = columns->offset;
    const float *restrict bias = columns->bias;
    for (size_t i = 0; i < n; i++) {
        const float value = fovea_activation_apply(
                __builtin_fmaf((float)(sums[i] - offset[i]),
                        row_scale * scale[i], bias[i]),
                post);
        out[i] = post == FOVEA_POST_ADD ? out[i] + value : value;
    }
}

FOVEA_CLONES void
fovea_int8_epilogue(const int32_t *sums, size_t n, float row_scale,
        const struct fovea_int8_columns *columns, enum fovea_post post,
        float *out)
{
    switch (post) {
    case FOVEA_POST_QUICK_GELU:
        epilogue(sums, n, row_scale, columns, FOVEA_POST_QUICK_GELU, out);
        break;
    case FOVEA_POST_GELU:
        epilogue(sums, n, row_scale, columns, FOVEA_POST_GELU, out);
        break;
    case FOVEA_POST_GELU_TANH:
        epilogue(sums, n, row_scale, columns, FOVEA_POST_GELU_TANH, out);
        break;
    case FOVEA_POST_ADD:
        epilogue(sums, n, row_scale, columns, FOVEA_POST_ADD, out);
        break;
    case FOVEA_POST_NONE:
    default:
        epilogue(sums, n, row_scale, columns, FOVEA_POST_NONE, out);
        break;
    }
}
