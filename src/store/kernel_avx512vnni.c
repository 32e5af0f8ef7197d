/* Four products of bytes and their sum in one instruction, 64 bytes at a time. */
#include <immintrin.h>

#include "store/kernel.h"

#define VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

enum {
    STEP = 64
};

static bool
is_supported(void)
{
    return __builtin_cpu_supports("avx512f") &&
            __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512vnni");
}

/* Four rows side by side hide how long a sum waits for the one before. */
VNNI static void
four_products(const uint8_t *rows, size_t size, const int8_t *query,
        int32_t products_out[4])
{
    __m512i sums[4];
    for (size_t r = 0; r < 4; r++) {
        sums[r] = _mm512_setzero_si512();
    }
    for (size_t i = 0; i < size; i += STEP) {
        __m512i part = _mm512_loadu_si512(query + i);
        for (size_t r = 0; r < 4; r++) {
            sums[r] = _mm512_dpbusd_epi32(sums[r],
                    _mm512_loadu_si512(rows + r * size + i), part);
        }
    }
    for (size_t r = 0; r < 4; r++) {
        products_out[r] = _mm512_reduce_add_epi32(sums[r]);
    }
}

VNNI static void
products(const uint8_t *rows, size_t n_rows, size_t size, const int8_t *query,
        int32_t *products_out)
{
    size_t r = 0;
    for (; r + 4 <= n_rows; r += 4) {
        four_products(rows + r * size, size, query, products_out + r);
    }
    for (; r < n_rows; r++) {
        __m512i sum = _mm512_setzero_si512();
        for (size_t i = 0; i < size; i += STEP) {
            sum = _mm512_dpbusd_epi32(sum,
                    _mm512_loadu_si512(rows + r * size + i),
                    _mm512_loadu_si512(query + i));
        }
        products_out[r] = _mm512_reduce_add_epi32(sum);
    }
}

const struct fovea_kernel fovea_kernel_avx512vnni = {
    .name = "AVX-512 VNNI",
    .is_supported = is_supported,
    .products = products,
};
