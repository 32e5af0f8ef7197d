/* Bytes widened to 16 bits and multiplied in pairs: exact for any bytes, where
   the instruction for bytes (pmaddubsw) would saturate. */
#include <immintrin.h>

#include "store/kernel.h"

enum {
    STEP = 16
};

static bool
is_supported(void)
{
    return true; /* fovea's baseline */
}

static int32_t
sum(__m256i lanes)
{
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(lanes),
            _mm256_extracti128_si256(lanes, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
    return _mm_cvtsi128_si32(half);
}

static __m256i
multiply(const uint8_t *row, __m256i query)
{
    __m256i wide = _mm256_cvtepu8_epi16(
            _mm_loadu_si128((const __m128i *)(const void *)row));
    return _mm256_madd_epi16(wide, query);
}

static void
products(const uint8_t *rows, size_t n_rows, size_t size, const int8_t *query,
        int32_t *products_out)
{
    for (size_t r = 0; r < n_rows; r++) {
        const uint8_t *row = rows + r * size;
        __m256i even = _mm256_setzero_si256();
        __m256i odd = _mm256_setzero_si256();
        for (size_t i = 0; i < size; i += 2 * STEP) {
            __m256i bytes = _mm256_loadu_si256(
                    (const __m256i *)(const void *)(query + i));
            __m256i low = _mm256_cvtepi8_epi16(_mm256_castsi256_si128(bytes));
            __m256i high =
                    _mm256_cvtepi8_epi16(_mm256_extracti128_si256(bytes, 1));
            even = _mm256_add_epi32(even, multiply(row + i, low));
            odd = _mm256_add_epi32(odd, multiply(row + i + STEP, high));
        }
        products_out[r] = sum(_mm256_add_epi32(even, odd));
    }
}

const struct fovea_kernel fovea_kernel_avx2 = {
    .name = "AVX2",
    .is_supported = is_supported,
    .products = products,
};
