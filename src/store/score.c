/* See score.h. */
#include "store/score.h"

#include <math.h>

enum {
    N_LANES = 8
};

static double
lanes_sum(const double lanes[N_LANES])
{
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
            ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

static double
product(const float *a, const float *b, size_t n)
{
    double lanes[N_LANES] = { 0 };
    size_t i = 0;
    for (; i + N_LANES <= n; i += N_LANES) {
        for (size_t j = 0; j < N_LANES; j++) {
            lanes[j] += (double)a[i + j] * (double)b[i + j];
        }
    }
    for (size_t j = 0; i < n; i++, j++) {
        lanes[j] += (double)a[i] * (double)b[i];
    }
    return lanes_sum(lanes);
}

double
fovea_score_square(const float *vector, size_t n)
{
    return product(vector, vector, n);
}

float
fovea_score(const float *query, double query_square, const float *row, size_t n)
{
    double cosine = product(query, row, n) /
            sqrt(query_square * fovea_score_square(row, n));
    return (float)(cosine < -1 ? -1 : cosine > 1 ? 1 : cosine);
}
