/*
 * The score of a row for a query: the cosine of the two, in one defined
 * arithmetic, so that every way to a result gives the same bits.
 *
 * Products of float32 are exact in double precision, and double has the range for
 * any sum of them: there is no overflow and no underflow for any finite vectors.
 * Number i is added to the sum of lane i % 8, in order; then the lanes are added
 * in pairs, lane i and i + 4, i and i + 2, the last two. The sum over the square
 * root of the product of the squares, cut to -1..1, is rounded to float once. A
 * vector and itself have exactly 1: the root of a rounded square is the number.
 *
 * Accuracy: with n numbers a sum differs from the true one by less than
 * (n / 8 + 3) * 2^-53 of the product of the lengths, and the squares' errors
 * are smaller still: for n <= 16384 the cosine is off by less than 1e-12 before
 * it is rounded.
 */
#ifndef FOVEA_STORE_SCORE_H
#define FOVEA_STORE_SCORE_H

#include <stddef.h>

/** The square of a vector's length, by lanes. Finite and more than 0 if and only
 *  if the vector, whose numbers are finite, has a direction; not finite if one of
 *  them is not. */
double fovea_score_square(const float *vector, size_t n);

/** The score, -1 to 1; NaN if row has no direction. query_square: of
 *  fovea_score_square(), finite and more than 0. */
float fovea_score(const float *query, double query_square, const float *row,
        size_t n);

#endif
