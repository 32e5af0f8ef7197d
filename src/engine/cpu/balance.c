/* See balance.h. */
#include "engine/cpu/balance.h"

#include <math.h>

enum {
    /* A norm's output is seldom further from its bias, in gains. */
    DEVIATIONS = 3,
    /* No sensible tower wants more, as a power of two. */
    MOST_EXPONENT = 20,
};

static float
factor(float most, float weight)
{
    const float ratio = most / weight;
    if (!(ratio > 0.0F) || isinf(ratio)) {
        return 1.0F;
    }
    const float exponent = rintf(0.5F * log2f(ratio));
    return ldexpf(1.0F,
            (int)fminf(fmaxf(exponent, -MOST_EXPONENT), MOST_EXPONENT));
}

void
fovea_balance_factors(const float *gain, const float *bias,
        const float *weights, size_t n, size_t k, float *factors)
{
    /* The largest weight of each column first. */
    for (size_t j = 0; j < k; j++) {
        factors[j] = 0.0F;
    }
    for (size_t i = 0; i < n; i++) {
        const float *row = weights + i * k;
        for (size_t j = 0; j < k; j++) {
            const float weight = fabsf(row[j]);
            factors[j] = weight > factors[j] ? weight : factors[j];
        }
    }
    for (size_t j = 0; j < k; j++) {
        factors[j] = factor((float)DEVIATIONS * fabsf(gain[j]) + fabsf(bias[j]),
                factors[j]);
    }
}

void
fovea_balance_norm(float *gain, float *bias, size_t k, const float *factors)
{
    for (size_t j = 0; j < k; j++) {
        gain[j] /= factors[j];
        bias[j] /= factors[j];
    }
}

void
fovea_balance_matrix(float *weights, size_t n, size_t k, const float *factors)
{
    for (size_t i = 0; i < n; i++) {
        float *row = weights + i * k;
        for (size_t j = 0; j < k; j++) {
            row[j] *= factors[j];
        }
    }
}
