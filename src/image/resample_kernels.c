/* Inner loops of the resize: see resample_kernels.h. */
#include "image/resample_kernels.h"

#include <string.h>

#if defined(__AVX2__)
#    include <immintrin.h>
#endif

#include "base/macros.h"

enum {
    /* Samples summed at a time: the sums stay in the first-level cache. */
    STACK_CHUNK = 512
};

/* What is added to a sum so that cutting it off rounds it. */
static inline int32_t
half_of(unsigned n_bits)
{
    return (int32_t)1 << (n_bits - 1);
}

/* A half is in the sum already. */
static inline uint8_t
cut_and_clip(int32_t sum, unsigned n_bits)
{
    int32_t value = sum >> n_bits;
    value = value < 0 ? 0 : value;
    return (uint8_t)(value > 255 ? 255 : value);
}

/* Samples from `first` on. */
static void
split_from(const uint8_t *restrict rgb, size_t first, size_t n,
        int16_t *restrict planes, size_t stride)
{
    int16_t *restrict red = planes;
    int16_t *restrict green = planes + stride;
    int16_t *restrict blue = planes + 2 * stride;
    for (size_t i = first; i < n; i++) {
        red[i] = rgb[3 * i];
        green[i] = rgb[3 * i + 1];
        blue[i] = rgb[3 * i + 2];
    }
}

/* Sums of 16-bit products in 32 bits: the shape that becomes pmaddwd. */
static inline int32_t
sum_products(const int16_t *restrict samples, const int16_t *restrict weights,
        size_t n_taps)
{
    int32_t sum = 0;
    for (size_t t = 0; t < n_taps; t++) {
        sum += (int32_t)samples[t] * (int32_t)weights[t];
    }
    return sum;
}

void
fovea_resample_line_plain(const struct fovea_filter_table *table,
        const int16_t *planes, size_t stride, uint8_t *rgb)
{
    size_t n_taps = table->n_taps;
    for (size_t i = 0; i < 3 * (size_t)table->n_outputs; i++) {
        size_t output = i / 3;
        const int16_t *samples = planes + i % 3 * stride +
                (table->firsts[output] - table->begin);
        int32_t sum =
                sum_products(samples, table->highs + output * n_taps, n_taps);
        if (table->lows) {
            sum = sum * 256 +
                    sum_products(samples, table->lows + output * n_taps,
                            n_taps);
        }
        rgb[i] = cut_and_clip(sum + half_of(table->n_bits), table->n_bits);
    }
}

#if defined(__AVX2__)

static inline __m256i
load(const int16_t *from)
{
    return _mm256_loadu_si256((const __m256i_u *)from);
}

/* Where channel c of 16 RGB samples stands in their k-th 16 bytes: lane i takes
   byte 3 * i + c - 16 * k of them, if that is inside; -1 takes nothing. */
static const int8_t picks[3][3][16] = {
    { { 0, 3, 6, 9, 12, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 },
            { -1, -1, -1, -1, -1, -1, 2, 5, 8, 11, 14, -1, -1, -1, -1, -1 },
            { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1, 4, 7, 10, 13 } },
    { { 1, 4, 7, 10, 13, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 },
            { -1, -1, -1, -1, -1, 0, 3, 6, 9, 12, 15, -1, -1, -1, -1, -1 },
            { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 2, 5, 8, 11, 14 } },
    { { 2, 5, 8, 11, 14, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 },
            { -1, -1, -1, -1, -1, 1, 4, 7, 10, 13, -1, -1, -1, -1, -1, -1 },
            { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 3, 6, 9, 12, 15 } },
};

static inline __m128i
pick(__m128i bytes, size_t channel, size_t part)
{
    const __m128i_u *lanes = (const __m128i_u *)picks[channel][part];
    return _mm_shuffle_epi8(bytes, _mm_loadu_si128(lanes));
}

void
fovea_resample_split(const uint8_t *rgb, size_t n, int16_t *planes,
        size_t stride)
{
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        const __m128i_u *from = (const __m128i_u *)(rgb + 3 * i);
        __m128i first = _mm_loadu_si128(from);
        __m128i second = _mm_loadu_si128(from + 1);
        __m128i third = _mm_loadu_si128(from + 2);
        for (size_t c = 0; c < 3; c++) {
            __m128i bytes = _mm_or_si128(pick(first, c, 0), pick(second, c, 1));
            bytes = _mm_or_si128(bytes, pick(third, c, 2));
            _mm256_storeu_si256((__m256i_u *)(planes + c * stride + i),
                    _mm256_cvtepu8_epi16(bytes));
        }
    }
    split_from(rgb, i, n, planes, stride);
}

/* The three channels' sums, each over eight lanes; they are added up across
   lanes together, which the compiler's own vector code does one by one. */
static inline uint32_t
round_and_pack(__m256i red, __m256i green, __m256i blue, unsigned n_bits)
{
    __m256i pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(red, green),
            _mm256_hadd_epi32(blue, _mm256_setzero_si256()));
    __m128i sums = _mm_add_epi32(_mm256_castsi256_si128(pairs),
            _mm256_extracti128_si256(pairs, 1));
    sums = _mm_add_epi32(sums, _mm_set1_epi32(half_of(n_bits)));
    sums = _mm_sra_epi32(sums, _mm_cvtsi32_si128((int)n_bits));
    sums = _mm_packs_epi32(sums, sums);
    return (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(sums, sums));
}

static inline void
add_products(__m256i *sums, const int16_t *samples, __m256i weights)
{
    *sums = _mm256_add_epi32(*sums, _mm256_madd_epi16(load(samples), weights));
}

static inline __m256i
join(__m256i high_sums, __m256i low_sums)
{
    return _mm256_add_epi32(_mm256_slli_epi32(high_sums, 8), low_sums);
}

/* Weights in halves. */
static inline uint32_t
filter_by_halves(const int16_t *samples, size_t stride, const int16_t *high,
        const int16_t *low, const struct fovea_filter_table *table)
{
    const int16_t *greens = samples + stride;
    const int16_t *blues = samples + 2 * stride;
    __m256i red = _mm256_setzero_si256();
    __m256i green = red;
    __m256i blue = red;
    __m256i low_red = red;
    __m256i low_green = red;
    __m256i low_blue = red;
    size_t t = 0;
    do {
        __m256i highs = load(high + t);
        __m256i lows = load(low + t);
        add_products(&red, samples + t, highs);
        add_products(&green, greens + t, highs);
        add_products(&blue, blues + t, highs);
        add_products(&low_red, samples + t, lows);
        add_products(&low_green, greens + t, lows);
        add_products(&low_blue, blues + t, lows);
        t += FOVEA_RESAMPLE_LANES;
    } while (t < table->n_taps);
    return round_and_pack(join(red, low_red), join(green, low_green),
            join(blue, low_blue), table->n_bits);
}

/* Weights of 16 bits. */
static inline uint32_t
filter_whole(const int16_t *samples, size_t stride, const int16_t *weights,
        const struct fovea_filter_table *table)
{
    const int16_t *greens = samples + stride;
    const int16_t *blues = samples + 2 * stride;
    __m256i red = _mm256_setzero_si256();
    __m256i green = red;
    __m256i blue = red;
    size_t t = 0;
    do {
        __m256i some = load(weights + t);
        add_products(&red, samples + t, some);
        add_products(&green, greens + t, some);
        add_products(&blue, blues + t, some);
        t += FOVEA_RESAMPLE_LANES;
    } while (t < table->n_taps);
    return round_and_pack(red, green, blue, table->n_bits);
}

void
fovea_resample_line(const struct fovea_filter_table *table,
        const int16_t *planes, size_t stride, uint8_t *rgb)
{
    /* Bytes that are written might be the table's, for all that a compiler
       knows: a copy needs no second look. */
    const struct fovea_filter_table own = *table;
    for (size_t i = 0; i < own.n_outputs; i++) {
        const int16_t *samples = planes + (own.firsts[i] - own.begin);
        size_t at = i * own.n_taps;
        uint32_t pixel = own.lows
                ? filter_by_halves(samples, stride, own.highs + at,
                          own.lows + at, &own)
                : filter_whole(samples, stride, own.highs + at, &own);
        memcpy(rgb + 3 * i, &pixel, 3);
    }
}

#else

void
fovea_resample_split(const uint8_t *rgb, size_t n, int16_t *planes,
        size_t stride)
{
    split_from(rgb, 0, n, planes, stride);
}

void
fovea_resample_line(const struct fovea_filter_table *table,
        const int16_t *planes, size_t stride, uint8_t *rgb)
{
    fovea_resample_line_plain(table, planes, stride, rgb);
}

#endif

static inline void
add_rows(const uint8_t *const *rows, const int32_t *weights, size_t at,
        size_t n, int32_t *restrict sums)
{
    const uint8_t *restrict a = rows[0] + at;
    const uint8_t *restrict b = rows[1] + at;
    const uint8_t *restrict c = rows[2] + at;
    const uint8_t *restrict d = rows[3] + at;
    for (size_t i = 0; i < n; i++) {
        sums[i] += a[i] * weights[0] + b[i] * weights[1] + c[i] * weights[2] +
                d[i] * weights[3];
    }
}

static inline void
add_row(const uint8_t *restrict row, int32_t weight, size_t n,
        int32_t *restrict sums)
{
    for (size_t i = 0; i < n; i++) {
        sums[i] += row[i] * weight;
    }
}

void
fovea_resample_stack(const uint8_t *const *rows, const int32_t *weights,
        size_t n_taps, size_t n_samples, unsigned n_bits, uint8_t *out)
{
    const int32_t half = half_of(n_bits);
    int32_t sums[STACK_CHUNK];
    for (size_t at = 0; at < n_samples; at += STACK_CHUNK) {
        size_t left = n_samples - at;
        size_t n = left < STACK_CHUNK ? left : STACK_CHUNK;
        for (size_t i = 0; i < n; i++) {
            sums[i] = half;
        }
        size_t t = 0;
        for (; t + 4 <= n_taps; t += 4) {
            add_rows(rows + t, weights + t, at, n, sums);
        }
        for (; t < n_taps; t++) {
            add_row(rows[t] + at, weights[t], n, sums);
        }
        for (size_t i = 0; i < n; i++) {
            out[at + i] = cut_and_clip(sums[i], n_bits);
        }
    }
}
