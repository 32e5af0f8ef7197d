/* See resample_wide.h. */
#include "image/resample_wide.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/size.h"

#if defined(__x86_64__)

#    include <immintrin.h>

#    define WIDE               \
        __attribute__((target( \
                "avx2,avx512f,avx512bw,avx512vl,avx512vnni,avx512vbmi")))

enum {
    LANES = FOVEA_WIDE_LANES,
    RGB = 3
};

static bool
is_supported(void)
{
    return __builtin_cpu_supports("avx2") &&
            __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512vl") &&
            __builtin_cpu_supports("avx512vnni") &&
            __builtin_cpu_supports("avx512vbmi");
}

/* The lowest of what is left of a weight, -128 to 127. */
static int8_t
take_digit(int32_t *weight)
{
    int32_t digit = ((*weight + 128) & 255) - 128;
    *weight = (*weight - digit) / 256;
    return (int8_t)digit;
}

/* Whether all weights fit; those of pictures that grow do not. */
static bool
fill_digits(const struct fovea_wide_filter *wide)
{
    const struct fovea_filter_table *table = wide->table;
    int8_t *digits = wide->digits;
    for (size_t i = 0; i < table->n_outputs; i++) {
        for (size_t t = 0; t < table->counts[i]; t++) {
            int32_t weight = fovea_filter_weight(table, i, t);
            digits[2 * (size_t)wide->n_taps + t] = take_digit(&weight);
            digits[wide->n_taps + t] = take_digit(&weight);
            digits[t] = take_digit(&weight);
            if (weight != 0) {
                return false;
            }
        }
        digits += FOVEA_WIDE_DIGITS * (size_t)wide->n_taps;
    }
    return true;
}

enum fovea_status
fovea_wide_filter_init(const struct fovea_filter_table *table,
        struct fovea_wide_filter *wide_out, struct fovea_error *err)
{
    struct fovea_wide_filter wide = { .table = table };
    *wide_out = (struct fovea_wide_filter){ 0 };
    if (table->max_count < FOVEA_WIDE_LEAST_TAPS || !is_supported()) {
        return FOVEA_OK;
    }
    wide.n_taps = (uint32_t)fovea_round_up(table->max_count, LANES / 2);
    size_t n = 0;
    if (!fovea_mul_size(table->n_outputs,
                FOVEA_WIDE_DIGITS * (size_t)wide.n_taps, &n)) {
        return fovea_fail_memory(err, SIZE_MAX, "the filter's weights");
    }
    wide.digits = calloc(n, 1);
    if (!wide.digits) {
        return fovea_fail_memory(err, n, "the filter's weights");
    }
    if (fill_digits(&wide)) {
        *wide_out = wide;
    } else {
        free(wide.digits);
    }
    return FOVEA_OK;
}

/* Where channel c of 64 RGB samples stands in their 192 bytes: those in the first
   128 of them, and those in the last 64. */
struct picks {
    uint8_t front[LANES];
    uint8_t back[LANES];
    uint64_t is_back;
};

static struct picks
make_picks(size_t channel)
{
    struct picks picks = { .is_back = 0 };
    for (size_t i = 0; i < LANES; i++) {
        size_t at = RGB * i + channel;
        picks.front[i] = (uint8_t)(at % 128);
        picks.back[i] = (uint8_t)(at % 64);
        picks.is_back |= at >= 128 ? UINT64_C(1) << i : 0;
    }
    return picks;
}

WIDE void
fovea_wide_split(const uint8_t *rgb, size_t n, uint8_t *planes, size_t stride)
{
    __m512i front[RGB];
    __m512i back[RGB];
    __mmask64 is_back[RGB];
    for (size_t c = 0; c < RGB; c++) {
        const struct picks picks = make_picks(c);
        front[c] = _mm512_loadu_si512(picks.front);
        back[c] = _mm512_loadu_si512(picks.back);
        is_back[c] = picks.is_back;
    }
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const uint8_t *from = rgb + RGB * i;
        __m512i first = _mm512_loadu_si512(from);
        __m512i second = _mm512_loadu_si512(from + LANES);
        __m512i third = _mm512_loadu_si512(from + 2 * (size_t)LANES);
        for (size_t c = 0; c < RGB; c++) {
            __m512i bytes = _mm512_permutex2var_epi8(first, front[c], second);
            bytes = _mm512_mask_permutexvar_epi8(bytes, is_back[c], back[c],
                    third);
            _mm512_storeu_si512(planes + c * stride + i, bytes);
        }
    }
    for (; i < n; i++) {
        for (size_t c = 0; c < RGB; c++) {
            planes[c * stride + i] = rgb[RGB * i + c];
        }
    }
}

/* Sums of the digits of one channel. */
struct sums {
    __m512i high;
    __m512i middle;
    __m512i low;
};

WIDE static inline void
add_products(struct sums *sums, __m512i samples, const __m512i digits[3])
{
    sums->high = _mm512_dpbusd_epi32(sums->high, samples, digits[0]);
    sums->middle = _mm512_dpbusd_epi32(sums->middle, samples, digits[1]);
    sums->low = _mm512_dpbusd_epi32(sums->low, samples, digits[2]);
}

/* The weighted sum, over eight lanes. */
WIDE static inline __m256i
join(const struct sums *sums)
{
    __m512i upper =
            _mm512_add_epi32(_mm512_slli_epi32(sums->high, 8), sums->middle);
    __m512i sum = _mm512_add_epi32(_mm512_slli_epi32(upper, 8), sums->low);
    return _mm256_add_epi32(_mm512_castsi512_si256(sum),
            _mm512_extracti64x4_epi64(sum, 1));
}

WIDE static inline __m128i
filter(const uint8_t *samples, size_t stride, const int8_t *digits,
        size_t n_taps)
{
    const __m512i zero = _mm512_setzero_si512();
    struct sums red = { zero, zero, zero };
    struct sums green = red;
    struct sums blue = red;
    size_t t = 0;
    do {
        /* The last half may be lacking. */
        __mmask64 mask = n_taps - t < LANES ? UINT32_MAX : UINT64_MAX;
        const __m512i some[3] = {
            _mm512_maskz_loadu_epi8(mask, digits + t),
            _mm512_maskz_loadu_epi8(mask, digits + n_taps + t),
            _mm512_maskz_loadu_epi8(mask, digits + 2 * n_taps + t),
        };
        const uint8_t *at = samples + t;
        add_products(&red, _mm512_loadu_si512(at), some);
        add_products(&green, _mm512_loadu_si512(at + stride), some);
        add_products(&blue, _mm512_loadu_si512(at + 2 * stride), some);
        t += LANES;
    } while (t < n_taps);
    __m256i pairs =
            _mm256_hadd_epi32(_mm256_hadd_epi32(join(&red), join(&green)),
                    _mm256_hadd_epi32(join(&blue), _mm256_setzero_si256()));
    return _mm_add_epi32(_mm256_castsi256_si128(pairs),
            _mm256_extracti128_si256(pairs, 1));
}

WIDE void
fovea_wide_line(const struct fovea_wide_filter *wide, const uint8_t *planes,
        size_t stride, uint8_t *rgb)
{
    const struct fovea_filter_table *table = wide->table;
    size_t n_outputs = table->n_outputs;
    size_t n_taps = wide->n_taps;
    uint32_t begin = table->begin;
    const uint32_t *firsts = table->firsts;
    const int8_t *digits = wide->digits;
    const __m128i half = _mm_set1_epi32(1 << (table->n_bits - 1));
    const __m128i n_bits = _mm_cvtsi32_si128((int)table->n_bits);
    for (size_t i = 0; i < n_outputs; i++) {
        __m128i sums =
                filter(planes + (firsts[i] - begin), stride, digits, n_taps);
        sums = _mm_sra_epi32(_mm_add_epi32(sums, half), n_bits);
        sums = _mm_packs_epi32(sums, sums);
        uint32_t pixel =
                (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(sums, sums));
        memcpy(rgb + RGB * i, &pixel, RGB);
        digits += FOVEA_WIDE_DIGITS * n_taps;
    }
}

#else

enum fovea_status
fovea_wide_filter_init(const struct fovea_filter_table *table,
        struct fovea_wide_filter *wide_out, struct fovea_error *err)
{
    (void)table;
    (void)err;
    *wide_out = (struct fovea_wide_filter){ 0 };
    return FOVEA_OK;
}

void
fovea_wide_split(const uint8_t *rgb, size_t n, uint8_t *planes, size_t stride)
{
    (void)rgb;
    (void)n;
    (void)planes;
    (void)stride;
}

void
fovea_wide_line(const struct fovea_wide_filter *wide, const uint8_t *planes,
        size_t stride, uint8_t *rgb)
{
    (void)wide;
    (void)planes;
    (void)stride;
    (void)rgb;
}

#endif

void
fovea_wide_filter_finish(struct fovea_wide_filter *wide)
{
    free(wide->digits);
    *wide = (struct fovea_wide_filter){ 0 };
}
