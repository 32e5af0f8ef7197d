/* Sixteen rows of sixteen units of 32 bits, transposed, by the instructions that a
   file is compiled for. */
#ifndef FOVEA_ENGINE_CPU_TRANSPOSE16_H
#define FOVEA_ENGINE_CPU_TRANSPOSE16_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __AVX512F__

/** @param stride  Bytes from a row of `from` to the next.
 *  @param to_stride  Floats from a row of `to` to the next. */
static inline __attribute__((always_inline)) void
transpose16(const uint8_t *from, size_t stride, float *to, size_t to_stride)
{
    __m512d pairs[16];
    __m512 rows[16];
#    pragma GCC unroll 16
    for (size_t i = 0; i < 16; i += 2) {
        const __m512 a = _mm512_loadu_ps(from + i * stride);
        const __m512 b = _mm512_loadu_ps(from + (i + 1) * stride);
        pairs[i] = _mm512_castps_pd(_mm512_unpacklo_ps(a, b));
        pairs[i + 1] = _mm512_castps_pd(_mm512_unpackhi_ps(a, b));
    }
    /* rows[4 g + j]: column j of each 128 bits, of rows 4 g to 4 g + 3 */
#    pragma GCC unroll 4
    for (size_t i = 0; i < 16; i += 4) {
        rows[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(pairs[i], pairs[i + 2]));
        rows[i + 1] =
                _mm512_castpd_ps(_mm512_unpackhi_pd(pairs[i], pairs[i + 2]));
        rows[i + 2] = _mm512_castpd_ps(
                _mm512_unpacklo_pd(pairs[i + 1], pairs[i + 3]));
        rows[i + 3] = _mm512_castpd_ps(
                _mm512_unpackhi_pd(pairs[i + 1], pairs[i + 3]));
    }
#    pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) {
        const __m512 a = _mm512_shuffle_f32x4(rows[j], rows[4 + j], 0x88);
        const __m512 b = _mm512_shuffle_f32x4(rows[j], rows[4 + j], 0xdd);
        const __m512 c = _mm512_shuffle_f32x4(rows[8 + j], rows[12 + j], 0x88);
        const __m512 d = _mm512_shuffle_f32x4(rows[8 + j], rows[12 + j], 0xdd);
        _mm512_storeu_ps(to + j * to_stride, _mm512_shuffle_f32x4(a, c, 0x88));
        _mm512_storeu_ps(to + (4 + j) * to_stride,
                _mm512_shuffle_f32x4(b, d, 0x88));
        _mm512_storeu_ps(to + (8 + j) * to_stride,
                _mm512_shuffle_f32x4(a, c, 0xdd));
        _mm512_storeu_ps(to + (12 + j) * to_stride,
                _mm512_shuffle_f32x4(b, d, 0xdd));
    }
}

#else

static inline __attribute__((always_inline)) void
transpose8(const uint8_t *from, size_t stride, float *to, size_t to_stride)
{
    __m256d pairs[8];
#    pragma GCC unroll 8
    for (size_t i = 0; i < 8; i += 2) {
        const __m256 a = _mm256_loadu_ps(
                (const float *)(const void *)(from + i * stride));
        const __m256 b = _mm256_loadu_ps(
                (const float *)(const void *)(from + (i + 1) * stride));
        pairs[i] = _mm256_castps_pd(_mm256_unpacklo_ps(a, b));
        pairs[i + 1] = _mm256_castps_pd(_mm256_unpackhi_ps(a, b));
    }
#    pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) {
        const size_t i = j / 2;
        const __m256d a = j % 2 ? _mm256_unpackhi_pd(pairs[i], pairs[i + 2])
                                : _mm256_unpacklo_pd(pairs[i], pairs[i + 2]);
        const __m256d b = j % 2
                ? _mm256_unpackhi_pd(pairs[i + 4], pairs[i + 6])
                : _mm256_unpacklo_pd(pairs[i + 4], pairs[i + 6]);
        _mm256_storeu_ps(to + j * to_stride,
                _mm256_castpd_ps(_mm256_permute2f128_pd(a, b, 0x20)));
        _mm256_storeu_ps(to + (4 + j) * to_stride,
                _mm256_castpd_ps(_mm256_permute2f128_pd(a, b, 0x31)));
    }
}

/** @param stride  Bytes from a row of `from` to the next.
 *  @param to_stride  Floats from a row of `to` to the next. */
static inline __attribute__((always_inline)) void
transpose16(const uint8_t *from, size_t stride, float *to, size_t to_stride)
{
    for (size_t i = 0; i < 16; i += 8) {
        for (size_t j = 0; j < 16; j += 8) {
            transpose8(from + i * stride + j * sizeof(float), stride,
                    to + j * to_stride + i, to_stride);
        }
    }
}

#endif

#endif
