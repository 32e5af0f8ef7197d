/* One query of several vectors: some are added, some subtracted. */
#ifndef FOVEA_FIND_COMBINE_H
#define FOVEA_FIND_COMBINE_H

#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

/**
 * Combine vectors: each is scaled to length 1, times its weight; the sum is scaled
 * to length 1. A single one that is added stays as it is, to the bit.
 *
 * @param vectors    [n][dimension], row-major.
 * @param weights    [n]; 1 to add, -1 to subtract.
 * @param query_out  [dimension]; written on success.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT if nothing is left of the sum, or a vector
 *         is not finite or all zeros.
 */
FOVEA_NODISCARD enum fovea_status fovea_query_combine(const float *vectors,
        const float *weights, size_t n, size_t dimension, float *query_out,
        struct fovea_error *err);

#endif
