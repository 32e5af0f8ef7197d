/* See codes.h. */
#include "store/codes.h"

#include <math.h>
#include <string.h>

/* See codes.h: what the measured residual gets on top. */
static const double residual_factor = 1 + 1e-6;
static const double residual_more = 1e-9;

static double
largest(const float *values, size_t n)
{
    float most = 0;
    for (size_t i = 0; i < n; i++) {
        float size = fabsf(values[i]);
        most = size > most ? size : most;
    }
    return (double)most;
}

void
fovea_codes_make(const float *values, double square, size_t n,
        uint8_t *codes_out, struct fovea_codes_mark *mark_out)
{
    double length = sqrt(square);
    float scale = (float)(largest(values, n) / length / FOVEA_CODES_MAX);
    double lost = 0;
    for (size_t i = 0; i < n; i++) {
        double number = (double)values[i] / length;
        double code = nearbyint(number / (double)scale);
        code = code > FOVEA_CODES_MAX     ? FOVEA_CODES_MAX
                : code < -FOVEA_CODES_MAX ? -FOVEA_CODES_MAX
                                          : code;
        double rest = number - code * (double)scale;
        lost += rest * rest;
        codes_out[i] = (uint8_t)((int)code + FOVEA_CODES_ZERO);
    }
    memset(codes_out + n, FOVEA_CODES_ZERO, fovea_codes_size(n) - n);
    *mark_out = (struct fovea_codes_mark){
        .scale = scale,
        .residual = (float)(sqrt(lost) * residual_factor + residual_more),
    };
}

int32_t
fovea_codes_sign(const uint8_t *codes, size_t size, int8_t *signed_out)
{
    int32_t sum = 0;
    for (size_t i = 0; i < size; i++) {
        int code = codes[i] - FOVEA_CODES_ZERO;
        code = code < -FOVEA_CODES_MAX ? -FOVEA_CODES_MAX : code;
        signed_out[i] = (int8_t)code;
        sum += code;
    }
    return sum * FOVEA_CODES_ZERO;
}
