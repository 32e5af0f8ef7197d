/* Weights in 8 bits: each output channel has a scale, q * scale is the weight. */
#ifndef FOVEA_ENGINE_CPU_INT8_WEIGHTS_H
#define FOVEA_ENGINE_CPU_INT8_WEIGHTS_H

#include <stddef.h>

enum {
    FOVEA_INT8_MOST = 127 /* of q; -127 is the least, so that signs are alike */
};

/**
 * The scale of some values: their largest magnitude is FOVEA_INT8_MOST of it.
 *
 * @return Not less than the smallest normal number: dividing by it is safe, and
 *         values that are too small for one, or 0, are 0 of it. Infinite or NaN where
 *         one of the values is.
 */
float fovea_int8_scale(const float *values, size_t n);

/** Round a matrix [n][k] to what 8 bits can say of it, in place. A row with a value
 *  that is not finite has none that is. */
void fovea_int8_round(float *values, size_t n, size_t k);

#endif
