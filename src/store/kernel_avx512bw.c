/* As kernel_avx2.c, twice as wide. */
#include <immintrin.h>
#include <string.h>

#include "store/kernel.h"

#define AVX512 __attribute__((target("avx512f,avx512bw")))

enum {
    STEP = 32,
    PART_ROWS = 6,
    PART_VECTORS = 4,
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

/* Some rows by all columns. A lane has two of a column's four products, so that
   two lanes side by side are a column's sum. */
AVX512 static void
part(const int8_t *rows, const int32_t *offsets, size_t size,
        const uint8_t *columns, int32_t *products_out)
{
    __m512i sums[PART_ROWS][PART_VECTORS];
    memset(sums, 0, sizeof sums);
    for (size_t i = 0; i < size; i += FOVEA_TILE_DEPTH) {
        __m512i column[PART_VECTORS];
        for (size_t c = 0; c < PART_VECTORS; c++) {
            column[c] =
                    load(columns + i * FOVEA_TILE_COLUMNS + c * STEP, false);
        }
        for (size_t r = 0; r < PART_ROWS; r++) {
            int32_t four;
            memcpy(&four, rows + r * size + i, sizeof four);
            __m512i row = _mm512_broadcastq_epi64(
                    _mm_cvtepi8_epi16(_mm_cvtsi32_si128(four)));
            for (size_t c = 0; c < PART_VECTORS; c++) {
                sums[r][c] = _mm512_add_epi32(sums[r][c],
                        _mm512_madd_epi16(column[c], row));
            }
        }
    }
    for (size_t r = 0; r < PART_ROWS; r++) {
        int32_t halves[FOVEA_TILE_COLUMNS][2];
        memcpy(halves, sums[r], sizeof halves);
        for (size_t c = 0; c < FOVEA_TILE_COLUMNS; c++) {
            products_out[r * FOVEA_TILE_COLUMNS + c] =
                    halves[c][0] + halves[c][1] - offsets[r];
        }
    }
}

static void
tile(const int8_t *rows, const int32_t *offsets, size_t size,
        const uint8_t *columns,
        int32_t products_out[FOVEA_TILE_ROWS][FOVEA_TILE_COLUMNS])
{
    for (size_t r = 0; r < FOVEA_TILE_ROWS; r += PART_ROWS) {
        part(rows + r * size, offsets + r, size, columns, products_out[r]);
    }
}

const struct fovea_kernel fovea_kernel_avx512bw = {
    .name = "AVX-512BW",
    .is_supported = is_supported,
    .products = products,
    .tile = tile,
};
