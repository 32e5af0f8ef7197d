/* See int8_weights.h. */
#include "engine/cpu/int8_weights.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

float
fovea_int8_scale(const float *values, size_t n)
{
    /* Magnitudes are ordered as their bits are, with infinity and NaN above all. */
    uint32_t most = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bits &= INT32_MAX;
        most = bits > most ? bits : most;
    }
    float scale;
    memcpy(&scale, &most, sizeof scale);
    scale /= (float)FOVEA_INT8_MOST;
    return scale < FLT_MIN ? FLT_MIN : scale;
}

void
fovea_int8_round(float *values, size_t n, size_t k)
{
    for (size_t i = 0; i < n; i++) {
        float *row = values + i * k;
        const float scale = fovea_int8_scale(row, k);
        for (size_t j = 0; j < k; j++) {
            row[j] = rintf(row[j] / scale) * scale;
        }
    }
}
