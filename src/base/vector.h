/* Lengths of vectors, and whether they are finite. The sum runs in double
   precision and in order: every caller gets the same bits. */
#ifndef FOVEA_BASE_VECTOR_H
#define FOVEA_BASE_VECTOR_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/** The square of a vector's length. Finite if and only if each of its n numbers
 *  is: the square of a float, and any number of them, fits into a double. */
static inline double
fovea_vector_square(const float *vector, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)vector[i] * (double)vector[i];
    }
    return sum;
}

static inline bool
fovea_vector_is_finite(const float *vector, size_t n)
{
    return isfinite(fovea_vector_square(vector, n));
}

/** Scale to length 1. False, and nothing changed, if a number is not finite or
 *  all are 0. */
static inline bool
fovea_vector_normalise(float *vector, size_t n)
{
    double square = fovea_vector_square(vector, n);
    if (!isfinite(square) || square <= 0) {
        return false;
    }
    double factor = 1 / sqrt(square);
    for (size_t i = 0; i < n; i++) {
        vector[i] = (float)((double)vector[i] * factor);
    }
    return true;
}

#endif
