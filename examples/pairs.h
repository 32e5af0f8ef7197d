/* What both examples end with: which pictures are most alike. */
#ifndef FOVEA_EXAMPLES_PAIRS_H
#define FOVEA_EXAMPLES_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Print the n_pairs most alike pairs, the most alike first.
 *
 * @param names    One a vector.
 * @param vectors  [n][dimension], each of length 1: their dot product is the
 *                 cosine of the angle between them.
 * @return Whether there was enough memory.
 */
bool print_most_alike(const char *const *names, const float *vectors, size_t n,
        size_t dimension, size_t n_pairs);

#endif
