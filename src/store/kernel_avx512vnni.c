/* Four products of bytes and their sum in one instruction, 64 bytes at a time. */
#include <immintrin.h>
#include <string.h>

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

/* Every byte that is loaded is used for many products: the sums of a tile stay in
   registers, which leaves seven for the rest. */
VNNI static void
tile(const int8_t *rows, const int32_t *offsets, size_t size,
        const uint8_t *columns,
        int32_t products_out[FOVEA_TILE_ROWS][FOVEA_TILE_COLUMNS])
{
    __m512i sums[FOVEA_TILE_ROWS][2];
    for (size_t r = 0; r < FOVEA_TILE_ROWS; r++) {
        sums[r][0] = _mm512_set1_epi32(-offsets[r]);
        sums[r][1] = sums[r][0];
    }
    for (size_t i = 0; i < size; i += FOVEA_TILE_DEPTH) {
        __m512i left = _mm512_loadu_si512(columns + i * FOVEA_TILE_COLUMNS);
        __m512i right =
                _mm512_loadu_si512(columns + i * FOVEA_TILE_COLUMNS + STEP);
        for (size_t r = 0; r < FOVEA_TILE_ROWS; r++) {
            int32_t four;
            memcpy(&four, rows + r * size + i, sizeof four);
            __m512i row = _mm512_set1_epi32(four);
            sums[r][0] = _mm512_dpbusd_epi32(sums[r][0], left, row);
            sums[r][1] = _mm512_dpbusd_epi32(sums[r][1], right, row);
        }
    }
    for (size_t r = 0; r < FOVEA_TILE_ROWS; r++) {
        _mm512_storeu_si512(&products_out[r][0], sums[r][0]);
        _mm512_storeu_si512(&products_out[r][FOVEA_TILE_COLUMNS / 2],
                sums[r][1]);
    }
}

const struct fovea_kernel fovea_kernel_avx512vnni = {
    .name = "AVX-512 VNNI",
    .is_supported = is_supported,
    .products = products,
    .tile = tile,
};
