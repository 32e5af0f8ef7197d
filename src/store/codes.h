/*
 * Directions as int8 codes with a bound of what was lost.
 *
 * Let u be a vector divided by its length. Its codes c, -127..127, with a scale s
 * are u = s c + e, and the residual r is at least |e|. For a query v, of length 1
 * too, v = t b + f with residual p >= |f|:
 *
 *     u v = s c (t b + f) + e v = s t (c b) + s c f + e v
 *     |u v - s t (c b)| <= |s c| |f| + |e| |v| <= (1 + r) p + r
 *
 * by Cauchy and Schwarz, since |s c| <= |u| + |e| <= 1 + r. c b is a sum of
 * integers and exact. What the arithmetic adds:
 *
 *  - residuals are measured in double precision, where each number of u - s c
 *    (s c is exact: 24 bits by 7) is off by less than 1e-11 for 16384 numbers, the
 *    error of the length included, and |e| by less than 2e-11. They are stored
 *    with a factor of 1 + 1e-6 and 1e-9 more, which covers the rounding to float
 *    (6e-8 of it) as well;
 *  - a score is off from u v by 1e-12 and its rounding to float, at most 2^-25 =
 *    3e-8 at 1 (store/score.h);
 *  - s t (c b) and the sum of the bound are formed in double precision and
 *    rounded to float once, at most 2.25 in size: r <= 0.5, as each number is off
 *    by half a scale at most, s <= 1/127 and 16384 numbers; so 2^-23 = 1.2e-7.
 *
 * FOVEA_CODES_SLACK is more than all of it. The bounds hold for float scores and
 * float bounds as they are compared.
 *
 * Codes lie in memory with 128 added, as bytes without sign, which is what the
 * CPUs' instructions multiply with signed bytes; sum((c + 128) b) is c b + 128
 * sum(b), and sum(b) is known for a query. Numbers up to a multiple of 64 are
 * filled with codes of 0.
 */
#ifndef FOVEA_STORE_CODES_H
#define FOVEA_STORE_CODES_H

#include <stddef.h>
#include <stdint.h>

enum {
    FOVEA_CODES_MULTIPLE = 64, /* to which the numbers of a row are filled */
    FOVEA_CODES_ZERO = 128,    /* what a code of 0 is in memory */
    FOVEA_CODES_MAX = 127,
};

#define FOVEA_CODES_SLACK 2.5e-7

/** What belongs to a row's codes. */
struct fovea_codes_mark {
    float scale;
    float residual; /* at least |u - scale * codes| */
};

/**
 * Make codes.
 *
 * @param values  [n], finite.
 * @param square  of fovea_score_square(), more than 0.
 * @param codes_out  [fovea_codes_size(n)].
 */
void fovea_codes_make(const float *values, double square, size_t n,
        uint8_t *codes_out, struct fovea_codes_mark *mark_out);

/**
 * Codes as signed numbers, -127..127 for any bytes.
 *
 * @param codes    [size].
 * @param signed_out  [size]; may be where codes are.
 * @return 128 times their sum.
 */
int32_t fovea_codes_sign(const uint8_t *codes, size_t size, int8_t *signed_out);

/** n numbers, filled. */
static inline size_t
fovea_codes_size(size_t n)
{
    return (n + FOVEA_CODES_MULTIPLE - 1) / FOVEA_CODES_MULTIPLE *
            FOVEA_CODES_MULTIPLE;
}

#endif
