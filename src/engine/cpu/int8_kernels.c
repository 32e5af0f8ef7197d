/*
 * See int8_kernels.h. Plain loops that the compiler turns into vectors of 8 or 16;
 * with contraction off, and comparisons that need not trap.
 */
#include "engine/cpu/int8_kernels.h"

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

/* The bits of the largest magnitude, or `most`. */
INLINE int32_t
largest(const void *values, enum fovea_element element, size_t n, int32_t most)
{
    for (size_t i = 0; i < n; i++) {
        most = fovea_int8_greater(most, value_at(values, element, i));
    }
    return most;
}

/* Added to 1.5 * 2^23 a value is rounded to the lowest bits. */
INLINE void
quantise(const void *values, enum fovea_element element, size_t n,
        float inverse, uint8_t *restrict out)
{
    for (size_t i = 0; i < n; i++) {
        const float shifted = __builtin_fmaf(value_at(values, element, i),
                inverse, 12582912.0F);
        uint32_t bits;
        memcpy(&bits, &shifted, sizeof bits);
        out[i] = (uint8_t)(bits + FOVEA_INT8_ZERO);
    }
}

INLINE float
quantise_row(const void *values, enum fovea_element element, size_t n,
        uint8_t *out)
{
    const float scale = fovea_int8_scale_of(largest(values, element, n, 0));
    quantise(values, element, n, 1.0F / scale, out);
    return scale;
}

/* The same in pieces: lines of the source, which are shorter. */
INLINE void
quantise_lines(const struct fovea_rows *from, enum fovea_element element,
        size_t row, size_t width, const struct fovea_rows *to)
{
    const size_t n = fovea_rows_line_width(from);
    int32_t most = 0;
    for (size_t i = 0; i < width; i += n) {
        most = largest(fovea_rows_at(from, row, i), element, n, most);
    }
    to->scales[row] = fovea_int8_scale_of(most);
    const float inverse = 1.0F / to->scales[row];
    for (size_t i = 0; i < width; i += n) {
        quantise(fovea_rows_at(from, row, i), element, n, inverse,
                fovea_rows_at(to, row, i));
    }
}

FOVEA_CLONES float
fovea_int8_quantise(const void *values, enum fovea_element element, size_t n,
        uint8_t *out)
{
    return element == FOVEA_ELEMENT_BF16
            ? quantise_row(values, FOVEA_ELEMENT_BF16, n, out)
            : quantise_row(values, FOVEA_ELEMENT_F32, n, out);
}

FOVEA_CLONES void
fovea_int8_quantise_rows(const struct fovea_rows *from, size_t n_rows,
        size_t width, const struct fovea_rows *to)
{
    const bool is_dense = fovea_rows_are_dense(from, width) &&
            fovea_rows_are_dense(to, width);
    for (size_t i = 0; i < n_rows; i++) {
        if (is_dense) {
            to->scales[i] = fovea_int8_quantise(fovea_rows_line(from, i, 0),
                    from->element, width, fovea_rows_line(to, i, 0));
        } else if (from->element == FOVEA_ELEMENT_BF16) {
            quantise_lines(from, FOVEA_ELEMENT_BF16, i, width, to);
        } else {
            quantise_lines(from, FOVEA_ELEMENT_F32, i, width, to);
        }
    }
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
