/* As kernel_avx512vnni.c, for CPUs that have the instruction without AVX-512. */
#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#include "store/kernel.h"

#define VNNI __attribute__((target("avx2,avxvnni")))

enum {
    STEP = 32,
    LANES = 8,
    PART_ROWS = 6,
    LEAF = 7,
    SUBLEAF = 1,
    AVX_VNNI = 1 << 4, /* of EAX */
};

/* AVX's registers are saved by the system: fovea's baseline needs them. */
static bool
is_supported(void)
{
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    return __get_cpuid_count(LEAF, 0, &a, &b, &c, &d) && a >= SUBLEAF &&
            __get_cpuid_count(LEAF, SUBLEAF, &a, &b, &c, &d) && a & AVX_VNNI;
}

static __m256i
load(const void *bytes)
{
    return _mm256_loadu_si256((const __m256i *)bytes);
}

static int32_t
sum(__m256i lanes)
{
    int32_t numbers[8];
    _mm256_storeu_si256((__m256i *)(void *)numbers, lanes);
    return numbers[0] + numbers[1] + numbers[2] + numbers[3] + numbers[4] +
            numbers[5] + numbers[6] + numbers[7];
}

VNNI static void
products(const uint8_t *rows, size_t n_rows, size_t size, const int8_t *query,
        int32_t *products_out)
{
    for (size_t r = 0; r < n_rows; r++) {
        const uint8_t *row = rows + r * size;
        __m256i even = _mm256_setzero_si256();
        __m256i odd = _mm256_setzero_si256();
        for (size_t i = 0; i < size; i += 2 * STEP) {
            even = _mm256_dpbusd_avx_epi32(even, load(row + i),
                    load(query + i));
            odd = _mm256_dpbusd_avx_epi32(odd, load(row + i + STEP),
                    load(query + i + STEP));
        }
        products_out[r] = sum(_mm256_add_epi32(even, odd));
    }
}

/* Some rows by sixteen columns, whose sums stay in registers. */
VNNI static void
part(const int8_t *rows, const int32_t *offsets, size_t size,
        const uint8_t *columns, int32_t *products_out)
{
    __m256i sums[PART_ROWS][2];
    for (size_t r = 0; r < PART_ROWS; r++) {
        sums[r][0] = _mm256_set1_epi32(-offsets[r]);
        sums[r][1] = sums[r][0];
    }
    for (size_t i = 0; i < size; i += FOVEA_TILE_DEPTH) {
        __m256i left = load(columns + i * FOVEA_TILE_COLUMNS);
        __m256i right = load(columns + i * FOVEA_TILE_COLUMNS + STEP);
        for (size_t r = 0; r < PART_ROWS; r++) {
            int32_t four;
            memcpy(&four, rows + r * size + i, sizeof four);
            __m256i row = _mm256_set1_epi32(four);
            sums[r][0] = _mm256_dpbusd_avx_epi32(sums[r][0], left, row);
            sums[r][1] = _mm256_dpbusd_avx_epi32(sums[r][1], right, row);
        }
    }
    for (size_t r = 0; r < PART_ROWS; r++) {
        int32_t *out = products_out + r * FOVEA_TILE_COLUMNS;
        _mm256_storeu_si256((__m256i *)(void *)out, sums[r][0]);
        _mm256_storeu_si256((__m256i *)(void *)(out + LANES), sums[r][1]);
    }
}

static void
tile(const int8_t *rows, const int32_t *offsets, size_t size,
        const uint8_t *columns,
        int32_t products_out[FOVEA_TILE_ROWS][FOVEA_TILE_COLUMNS])
{
    for (size_t r = 0; r < FOVEA_TILE_ROWS; r += PART_ROWS) {
        for (size_t c = 0; c < FOVEA_TILE_COLUMNS; c += 2 * LANES) {
            part(rows + r * size, offsets + r, size,
                    columns + c * FOVEA_TILE_DEPTH, &products_out[r][c]);
        }
    }
}

const struct fovea_kernel fovea_kernel_avxvnni = {
    .name = "AVX-VNNI",
    .is_supported = is_supported,
    .products = products,
    .tile = tile,
};
