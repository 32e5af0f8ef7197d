/* See combine.h. */
#include "find/combine.h"

#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/vector.h"

/* A sum that is shorter is the rounding of vectors that cancel each other. */
static const double least_square = 1e-8;

enum fovea_status
fovea_query_combine(const float *vectors, const float *weights, size_t n,
        size_t dimension, float *query_out, struct fovea_error *err)
{
    FOVEA_AUTO_FREE double *sum = calloc(dimension + 1, sizeof *sum);
    if (!sum) {
        return fovea_fail_memory(err, dimension * sizeof *sum, "the query");
    }
    for (size_t i = 0; i < n; i++) {
        const float *vector = vectors + i * dimension;
        double square = fovea_vector_square(vector, dimension);
        if (!isfinite(square) || square <= 0) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "query %zu of %zu has no direction: its vector is %s",
                    i + 1, n, isfinite(square) ? "all zeros" : "not finite");
        }
        for (size_t k = 0; k < dimension; k++) {
            sum[k] += (double)vector[k] * (double)weights[i] / sqrt(square);
        }
    }
    if (n == 1 && weights[0] > 0) {
        memcpy(query_out, vectors, dimension * sizeof *query_out);
        return FOVEA_OK; /* as it was: scores do not depend on its length */
    }
    double square = 0;
    for (size_t k = 0; k < dimension; k++) {
        square += sum[k] * sum[k];
    }
    if (!(square >= least_square)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "nothing is left of the query: what is added and what is "
                "subtracted are the same");
    }
    for (size_t k = 0; k < dimension; k++) {
        query_out[k] = (float)(sum[k] / sqrt(square));
    }
    return FOVEA_OK;
}
