/* As kernel_avx2.c, twice as wide. */
#include <immintrin.h>

#include "store/kernel.h"

#define AVX512 __attribute__((target("avx512f,avx512bw")))

enum {
    STEP = 32
};

static bool
is_supported(void)
{
    return __builtin_cpu_supports("avx512f") &&
            __builtin_cpu_supports("avx512bw");
}

AVX512 static __m512i
load(const void *bytes, bool is_signed)
{
    __m256i narrow = _mm256_loadu_si256((const __m256i *)bytes);
    return is_signed ? _mm512_cvtepi8_epi16(narrow)
                     : _mm512_cvtepu8_epi16(narrow);
}

AVX512 static void
products(const uint8_t *rows, size_t n_rows, size_t size, const int8_t *query,
        int32_t *products_out)
{
    for (size_t r = 0; r < n_rows; r++) {
        const uint8_t *row = rows + r * size;
        __m512i even = _mm512_setzero_si512();
        __m512i odd = _mm512_setzero_si512();
        for (size_t i = 0; i < size; i += 2 * STEP) {
            even = _mm512_add_epi32(even,
                    _mm512_madd_epi16(load(row + i, false),
                            load(query + i, true)));
            odd = _mm512_add_epi32(odd,
                    _mm512_madd_epi16(load(row + i + STEP, false),
                            load(query + i + STEP, true)));
        }
        products_out[r] = _mm512_reduce_add_epi32(_mm512_add_epi32(even, odd));
    }
}

const struct fovea_kernel fovea_kernel_avx512bw = {
    .name = "AVX-512BW",
    .is_supported = is_supported,
    .products = products,
};
