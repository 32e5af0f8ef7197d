/*
 * Attention in float32. Compiled once for AVX2 and once for AVX-512: both give the
 * same bits.
 */
#include "engine/cpu/attend_forms.h"
#include "engine/cpu/vector16.h"

/* Sums fill most of the registers. */
#ifdef __AVX512F__
#    define MOST_ROWS    12
#    define MOST_VECTORS 2
#else
#    define MOST_ROWS    6
#    define MOST_VECTORS 1
#endif

INLINE16 vec16
add_product(vec16 sum, vec16 a, vec16 b)
{
    return fma16(a, b, sum);
}

#include "engine/cpu/attend_multiply.h"

static void
lay_keys(const struct fovea_attend_view *keys, size_t n, size_t width,
        size_t depth, void *panel)
{
    lay_keys16(keys, n, width * sizeof(float), depth, 16 * (size_t)MOST_VECTORS,
            panel);
}

static void
lay_values(const struct fovea_attend_view *values, size_t n, size_t width,
        size_t depth, void *panel)
{
    const size_t columns = 16 * (size_t)MOST_VECTORS;
    float *to = panel;
    for (size_t i = 0; i < depth; i++, to += columns) {
        const float *row =
                (const float *)(const void *)((const uint8_t *)values->base +
                        i * values->stride);
        for (size_t column = 0; column < columns; column += 16) {
            /* Nothing is read of rows that are not there: a load from where no
               memory is takes a thousand cycles, even if it takes no lane. */
            if (i >= n || column >= width) {
                store16(to + column, fill16(0.0F));
            } else if (column + 16 <= width) {
                store16(to + column, load16(row + column));
            } else {
                store16(to + column,
                        load_first16(row + column, width - column));
            }
        }
    }
}

static void
put(float *row, size_t i, vec16 a)
{
    store16(row + i, a);
}

static void
weigh(const struct fovea_attend_weighing *weighing)
{
    weigh_all(weighing, put, false);
}

static void
finish(const struct fovea_attend_product *product, const float *inverse,
        size_t n, const struct fovea_attend_view *out)
{
    for (size_t r = 0; r < product->n_rows; r++) {
        const float *from = product->c + r * product->c_stride;
        const vec16 factor = fill16(inverse[r]);
        float *to = (float *)(void *)((uint8_t *)out->base + r * out->stride);
        size_t i = 0;
        for (; i + 16 <= n; i += 16) {
            store16(to + i, mul16(load16(from + i), factor));
        }
        if (i < n) {
            float rest[16];
            store16(rest, mul16(load16(from + i), factor));
            memcpy(to + i, rest, (n - i) * sizeof *rest);
        }
    }
}

#ifdef __AVX512F__
const struct fovea_attend_form fovea_attend_avx512 = {
    .name = "avx512",
#else
const struct fovea_attend_form fovea_attend_avx2 = {
    .name = "avx2",
#endif
    .element = FOVEA_ELEMENT_F32,
    .rows = MOST_ROWS,
    .columns = 16 * MOST_VECTORS,
    .depth = 1,
    .whole_rows = 1,
    .lay_keys = lay_keys,
    .lay_values = lay_values,
    .multiply = multiply,
    .weigh = weigh,
    .finish = finish,
};
