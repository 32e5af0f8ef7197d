/* The known names that a mistyped one is nearest to, for "did you mean". */
#ifndef FOVEA_BASE_NEAREST_H
#define FOVEA_BASE_NEAREST_H

#include <stddef.h>

/**
 * @param name        what was typed.
 * @param candidates  n known names.
 * @return The candidate of the least edit distance, the first of equals; NULL
 *         if none is near enough to be meant (a third of the name's length, at
 *         least 2).
 */
const char *fovea_nearest(const char *name, const char *const *candidates,
        size_t n);

/**
 * The same for more than one: near enough, and nearly as near as the nearest.
 *
 * @param near_out  Room for max pointers; nearest first, of equals in the order
 *                  of the candidates.
 * @return How many there are.
 */
size_t fovea_nearest_few(const char *name, const char *const *candidates,
        size_t n, const char **near_out, size_t max);

#endif
