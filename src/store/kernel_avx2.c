/* Bytes widened to 16 bits and multiplied in pairs: exact for any bytes, where
   the instruction for bytes (pmaddubsw) would saturate. */
#include <immintrin.h>
#include <string.h>

#include "store/kernel.h"

enum {
    STEP = 16,
    PART_ROWS = 4,
    PART_VECTORS = 2,
    PART_COLUMNS = 16,
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

/* Four products a lane of a column's codes, signed, and a row's. The instruction
   wants one side without sign, so the row takes the column's: 128 * 127 * 2 fits
   into 16 bits. */
static __m256i
four_products(__m256i column, __m256i size, __m256i row)
{
    return _mm256_madd_epi16(
            _mm256_maddubs_epi16(size, _mm256_sign_epi8(row, column)),
            _mm256_set1_epi16(1));
}

/* Some rows by sixteen columns, whose sums stay in registers. */
static void
part(const int8_t *rows, size_t size, const uint8_t *columns,
        int32_t *products_out)
{
    __m256i sums[PART_ROWS][PART_VECTORS];
    memset(sums, 0, sizeof sums);
    for (size_t i = 0; i < size; i += FOVEA_TILE_DEPTH) {
        __m256i column[PART_VECTORS];
        __m256i sizes[PART_VECTORS];
        for (size_t c = 0; c < PART_VECTORS; c++) {
            const void *at = columns + i * FOVEA_TILE_COLUMNS + c * 2 * STEP;
            column[c] = _mm256_xor_si256(_mm256_loadu_si256(at),
                    _mm256_set1_epi8(-128));
            sizes[c] = _mm256_abs_epi8(column[c]);
        }
        for (size_t r = 0; r < PART_ROWS; r++) {
            int32_t four;
            memcpy(&four, rows + r * size + i, sizeof four);
            __m256i row = _mm256_set1_epi32(four);
            for (size_t c = 0; c < PART_VECTORS; c++) {
                sums[r][c] = _mm256_add_epi32(sums[r][c],
                        four_products(column[c], sizes[c], row));
            }
        }
    }
    for (size_t r = 0; r < PART_ROWS; r++) {
        memcpy(products_out + r * FOVEA_TILE_COLUMNS, sums[r], sizeof sums[r]);
    }
}

static void
tile(const int8_t *rows, const int32_t *offsets, size_t size,
        const uint8_t *columns,
        int32_t products_out[FOVEA_TILE_ROWS][FOVEA_TILE_COLUMNS])
{
    (void)offsets; /* the columns are made signed here */
    for (size_t r = 0; r < FOVEA_TILE_ROWS; r += PART_ROWS) {
        for (size_t c = 0; c < FOVEA_TILE_COLUMNS; c += PART_COLUMNS) {
            part(rows + r * size, size, columns + c * FOVEA_TILE_DEPTH,
                    &products_out[r][c]);
        }
    }
}

const struct fovea_kernel fovea_kernel_avx2 = {
    .name = "AVX2",
    .is_supported = is_supported,
    .products = products,
    .tile = tile,
};
