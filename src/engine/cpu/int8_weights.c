/* See int8_weights.h. */
#include "engine/cpu/int8_weights.h"

#include <math.h>

#include "engine/cpu/int8_kernels.h"

float
fovea_int8_scale(const float *values, size_t n)
{
    int32_t most = 0;
    for (size_t i = 0; i < n; i++) {
        most = fovea_int8_greater(most, values[i]);
    }
    return fovea_int8_scale_of(most);
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

void
fovea_int8_convert(const float *weights, size_t row_stride,
        const struct fovea_int8_matrix *matrix)
{
    for (size_t i = 0; i < matrix->n; i++) {
        const float *row = weights + i * row_stride;
        const float scale = fovea_int8_scale(row, matrix->k);
        int8_t *q = matrix->weights + i * matrix->k;
        int32_t sum = 0;
        for (size_t j = 0; j < matrix->k; j++) {
            /* Of a row that is not finite the scale says so. */
            q[j] = isfinite(scale) ? (int8_t)rintf(row[j] / scale) : 0;
            sum += q[j];
        }
        matrix->scales[i] = scale;
        matrix->offsets[i] = FOVEA_INT8_ZERO * sum;
    }
}
