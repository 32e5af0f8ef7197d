/* Operands of bfloat16 elements: pairs of values in panels, probabilities and what is
   gathered as halves of floats. AVX-512 alone. */
#ifndef FOVEA_ENGINE_CPU_ATTEND_PAIRS_H
#define FOVEA_ENGINE_CPU_ATTEND_PAIRS_H

#include "engine/cpu/attend_kernels.h"

/* The first n of sixteen halves, the others 0. Where there is none nothing is read: a
   load from where no memory is takes a thousand cycles, even if it takes no lane. */
INLINE16 __m512i
load_halves(const uint16_t *from, size_t n)
{
    if (n == 0) {
        return _mm512_setzero_si512();
    }
    return _mm512_cvtepu16_epi32(
            _mm256_maskz_loadu_epi16((__mmask16)((1U << n) - 1), from));
}

/* Each value beside that of the next key. */
static void
lay_pairs(const struct fovea_attend_view *values, size_t n, size_t width,
        size_t depth, void *panel)
{
    uint32_t *to = panel;
    for (size_t i = 0; i < depth; i++, to += 32) {
        const uint16_t *row =
                (const uint16_t *)(const void *)((const uint8_t *)values->base +
                        2 * i * values->stride);
        const uint16_t *next =
                (const uint16_t *)(const void *)((const uint8_t *)row +
                        values->stride);
        for (size_t column = 0; column < 32; column += 16) {
            const size_t left =
                    column < width ? fovea_least_bytes(width - column, 16) : 0;
            const __m512i low = load_halves(row + column, 2 * i < n ? left : 0);
            const __m512i high =
                    load_halves(next + column, 2 * i + 1 < n ? left : 0);
            _mm512_storeu_si512(to + column,
                    _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
        }
    }
}

/* Never reaches what is still to be read: half as wide. */
INLINE16 void
put_pairs(float *row, size_t i, vec16 a)
{
    _mm256_storeu_si256((__m256i *)(void *)((uint16_t *)(void *)row + i),
            (__m256i)_mm512_cvtneps_pbh(a));
}

static void
finish_pairs(const struct fovea_attend_product *product, const float *inverse,
        size_t n, const struct fovea_attend_view *out)
{
    for (size_t r = 0; r < product->n_rows; r++) {
        const float *from = product->c + r * product->c_stride;
        const vec16 factor = fill16(inverse[r]);
        uint16_t *to =
                (uint16_t *)(void *)((uint8_t *)out->base + r * out->stride);
        for (size_t i = 0; i < n; i += 16) {
            const size_t left = fovea_least_bytes(n - i, 16);
            _mm256_mask_storeu_epi16(to + i, (__mmask16)((1U << left) - 1),
                    (__m256i)_mm512_cvtneps_pbh(
                            mul16(load16(from + i), factor)));
        }
    }
}

#endif
