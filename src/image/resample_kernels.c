/* Inner loops of the resize: see resample_kernels.h. */
#include "image/resample_kernels.h"

#include "base/macros.h"

enum {
    HALF = 1 << (FOVEA_RESAMPLE_BITS - 1),
    /* Samples summed at a time: the sums stay in the first-level cache. */
    STACK_CHUNK = 512
};

static inline uint8_t
round_and_clip(int32_t sum)
{
    int32_t value = sum >> FOVEA_RESAMPLE_BITS;
    value = value < 0 ? 0 : value;
    return (uint8_t)(value > 255 ? 255 : value);
}

void
fovea_resample_split(const uint8_t *restrict rgb, size_t n,
        int16_t *restrict planes, size_t stride)
{
    int16_t *restrict red = planes;
    int16_t *restrict green = planes + stride;
    int16_t *restrict blue = planes + 2 * stride;
    for (size_t i = 0; i < n; i++) {
        red[i] = rgb[3 * i];
        green[i] = rgb[3 * i + 1];
        blue[i] = rgb[3 * i + 2];
    }
}

/* Sums of 16-bit products in 32 bits: the shape that becomes pmaddwd. */
static inline void
filter_pixel(const int16_t *restrict samples, size_t stride,
        const int16_t *restrict high, const int16_t *restrict low,
        size_t n_taps, uint8_t *restrict rgb)
{
    const int16_t *restrict red = samples;
    const int16_t *restrict green = samples + stride;
    const int16_t *restrict blue = samples + 2 * stride;
    int32_t high_sums[3] = { 0 };
    int32_t low_sums[3] = { 0 };
    n_taps -= n_taps % FOVEA_RESAMPLE_LANES; /* it is a multiple: no tail */
    for (size_t t = 0; t < n_taps; t++) {
        high_sums[0] += (int32_t)red[t] * (int32_t)high[t];
        low_sums[0] += (int32_t)red[t] * (int32_t)low[t];
        high_sums[1] += (int32_t)green[t] * (int32_t)high[t];
        low_sums[1] += (int32_t)green[t] * (int32_t)low[t];
        high_sums[2] += (int32_t)blue[t] * (int32_t)high[t];
        low_sums[2] += (int32_t)blue[t] * (int32_t)low[t];
    }
    for (size_t c = 0; c < 3; c++) {
        rgb[c] = round_and_clip(high_sums[c] * 256 + low_sums[c] + HALF);
    }
}

void
fovea_resample_line(const struct fovea_filter_table *table,
        const int16_t *planes, size_t stride, uint8_t *rgb)
{
    size_t n_taps = table->n_taps;
    for (size_t i = 0; i < table->n_outputs; i++) {
        filter_pixel(planes + (table->firsts[i] - table->begin), stride,
                table->highs + i * n_taps, table->lows + i * n_taps, n_taps,
                rgb + 3 * i);
    }
}

static inline void
add_rows(const uint8_t *const *rows, const int32_t *weights, size_t at,
        size_t n, int32_t *restrict sums)
{
    const uint8_t *restrict a = rows[0] + at;
    const uint8_t *restrict b = rows[1] + at;
    const uint8_t *restrict c = rows[2] + at;
    const uint8_t *restrict d = rows[3] + at;
    for (size_t i = 0; i < n; i++) {
        sums[i] += a[i] * weights[0] + b[i] * weights[1] + c[i] * weights[2] +
                d[i] * weights[3];
    }
}

static inline void
add_row(const uint8_t *restrict row, int32_t weight, size_t n,
        int32_t *restrict sums)
{
    for (size_t i = 0; i < n; i++) {
        sums[i] += row[i] * weight;
    }
}

void
fovea_resample_stack(const uint8_t *const *rows, const int32_t *weights,
        size_t n_taps, size_t n_samples, uint8_t *out)
{
    int32_t sums[STACK_CHUNK];
    for (size_t at = 0; at < n_samples; at += STACK_CHUNK) {
        size_t left = n_samples - at;
        size_t n = left < STACK_CHUNK ? left : STACK_CHUNK;
        for (size_t i = 0; i < n; i++) {
            sums[i] = HALF;
        }
        size_t t = 0;
        for (; t + 4 <= n_taps; t += 4) {
            add_rows(rows + t, weights + t, at, n, sums);
        }
        for (; t < n_taps; t++) {
            add_row(rows[t] + at, weights[t], n, sums);
        }
        for (size_t i = 0; i < n; i++) {
            out[at + i] = round_and_clip(sums[i]);
        }
    }
}
