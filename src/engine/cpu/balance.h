/*
 * Balancing of a layer norm with the matrix behind it, for 8-bit arithmetic: channels
 * that stand out in the norm's output, as trained towers have them, take the resolution
 * of all others there, and the matrix has small columns for them. Some of the norm's
 * size is moved into the matrix, channel by channel, until both stand out alike.
 *
 * Factors are powers of two: dividing and multiplying by them is exact, and so a tower
 * is the same before and after.
 */
#ifndef FOVEA_ENGINE_CPU_BALANCE_H
#define FOVEA_ENGINE_CPU_BALANCE_H

#include <stddef.h>

/**
 * How much of each channel is to be moved: near sqrt(a / w), a being what the norm's
 * output comes to at most, 3 |gain| + |bias|, and w the largest weight of the channel.
 * 1 where one of them is 0 or not finite.
 *
 * @param gain, bias  Of the norm, [k].
 * @param weights     [n][k].
 * @param factors     [k].
 */
void fovea_balance_factors(const float *gain, const float *bias,
        const float *weights, size_t n, size_t k, float *factors);

/** Divide a norm's gain and bias, [k]. */
void fovea_balance_norm(float *gain, float *bias, size_t k,
        const float *factors);

/** Multiply the columns of a matrix [n][k]. */
void fovea_balance_matrix(float *weights, size_t n, size_t k,
        const float *factors);

#endif
