/*
 * See norm.h. Compiled once for AVX2 and once for AVX-512. Some rows go through it at
 * a time, so that no addition waits for the one before it. Where fewer are left the
 * last one is there several times, so that there is one loop for all of them.
 */
#include "engine/cpu/norm.h"

#include <math.h>
#include <string.h>

#include "engine/cpu/bf16.h"
#include "engine/cpu/vector16.h"

enum {
    ROWS = 4
};

struct rows {
    const float *x[ROWS];
    uint8_t *out[ROWS];
    size_t line_stride;
};

/* Sums over rows of values, or of their squared distance from a mean. */
INLINE16 void
add_up(const struct rows *rows, size_t width, const float *means, float *sums)
{
    const vec16 none = fill16(0.0F);
    vec16 lanes[ROWS];
    for (size_t r = 0; r < ROWS; r++) {
        lanes[r] = none;
    }
    size_t i = 0;
    for (; i + 16 <= width; i += 16) {
#pragma GCC unroll 4
        for (size_t r = 0; r < ROWS; r++) {
            const vec16 value = load16(rows->x[r] + i);
            if (means) {
                const vec16 far = sub16(value, fill16(means[r]));
                lanes[r] = fma16(far, far, lanes[r]);
            } else {
                lanes[r] = add16(lanes[r], value);
            }
        }
    }
    for (size_t r = 0; r < ROWS; r++) {
        if (i < width) {
            const vec16 value = load_first16(rows->x[r] + i, width - i);
            if (means) {
                const vec16 far = first16(sub16(value, fill16(means[r])), none,
                        width - i);
                lanes[r] = fma16(far, far, lanes[r]);
            } else {
                lanes[r] = add16(lanes[r], value);
            }
        }
        sums[r] = add_up16(lanes[r]);
    }
}

INLINE16 vec16
shifted(vec16 value, float mean, float scale, vec16 weight, vec16 bias)
{
    return fma16(mul16(sub16(value, fill16(mean)), fill16(scale)), weight,
            bias);
}

/* The first n of sixteen values, at an element of a row; they are within one line. */
INLINE16 void
put(uint8_t *row, size_t i, size_t n, enum fovea_element element,
        size_t line_stride, vec16 value)
{
    const size_t byte = i * fovea_element_size(element);
    uint8_t *to = row + byte / FOVEA_LINE_BYTES * line_stride +
            byte % FOVEA_LINE_BYTES;
    if (element == FOVEA_ELEMENT_BF16) {
        uint16_t halves[16];
        float values[16];
        store16(values, value);
        for (size_t k = 0; k < 16; k++) {
            halves[k] = fovea_to_bf16(values[k]);
        }
        memcpy(to, halves, n * sizeof *halves);
    } else if (n == 16) {
        store16((float *)(void *)to, value);
    } else {
        float values[16];
        store16(values, value);
        memcpy(to, values, n * sizeof *values);
    }
}

/* out = (x - mean) * scale * weight + bias. Of all rows values are read before any is
   written, because out may lie on x and a row may be there several times. */
INLINE16 void
shift(const struct rows *rows, const struct fovea_norm *norm,
        const float *means, const float *scales, enum fovea_element element)
{
    vec16 values[ROWS];
    size_t i = 0;
    for (; i + 16 <= norm->width; i += 16) {
        const vec16 weight = load16(norm->weight + i);
        const vec16 bias = load16(norm->bias + i);
#pragma GCC unroll 4
        for (size_t r = 0; r < ROWS; r++) {
            values[r] = shifted(load16(rows->x[r] + i), means[r], scales[r],
                    weight, bias);
        }
#pragma GCC unroll 4
        for (size_t r = 0; r < ROWS; r++) {
            put(rows->out[r], i, 16, element, rows->line_stride, values[r]);
        }
    }
    if (i < norm->width) {
        const size_t n = norm->width - i;
        const vec16 weight = load_first16(norm->weight + i, n);
        const vec16 bias = load_first16(norm->bias + i, n);
        for (size_t r = 0; r < ROWS; r++) {
            values[r] = shifted(load_first16(rows->x[r] + i, n), means[r],
                    scales[r], weight, bias);
        }
        for (size_t r = 0; r < ROWS; r++) {
            put(rows->out[r], i, n, element, rows->line_stride, values[r]);
        }
    }
}

INLINE16 void
norm_rows(const struct rows *rows, const struct fovea_norm *norm,
        enum fovea_element element)
{
    const float width = (float)norm->width;
    float means[ROWS];
    float scales[ROWS];
    add_up(rows, norm->width, NULL, means);
    for (size_t r = 0; r < ROWS; r++) {
        means[r] /= width;
    }
    add_up(rows, norm->width, means, scales);
    for (size_t r = 0; r < ROWS; r++) {
        scales[r] = 1.0F / sqrtf(scales[r] / width + norm->eps);
    }
    shift(rows, norm, means, scales, element);
}

void
#ifdef __AVX512F__
fovea_norm_avx512
#else
fovea_norm_avx2
#endif
        (const float *x, size_t n, const struct fovea_norm *norm,
                const struct fovea_rows *out)
{
    for (size_t i = 0; i < n; i += ROWS) {
        struct rows rows = { .line_stride = out->line_stride };
        for (size_t r = 0; r < ROWS; r++) {
            const size_t row = i + r < n ? i + r : n - 1;
            rows.x[r] = x + row * norm->width;
            rows.out[r] = fovea_rows_line(out, row, 0);
        }
        if (out->element == FOVEA_ELEMENT_BF16) {
            norm_rows(&rows, norm, FOVEA_ELEMENT_BF16);
        } else {
            norm_rows(&rows, norm, FOVEA_ELEMENT_F32);
        }
    }
}
