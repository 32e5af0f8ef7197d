/*
 * See grid.h. Each axis is a matrix of weights, [to][from]; rows first are worked
 * on along x, then along y. It runs once, when weights are packed.
 *
 * Source: Keys 1981, "Cubic convolution interpolation for digital image
 * processing".
 */
#include "engine/cpu/grid.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

/* Keys' kernel. */
static double
cubic(double x, double a)
{
    x = fabs(x);
    if (x < 1.0) {
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
    }
    return x < 2.0 ? ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a : 0.0;
}

/* Weights of what lies at a place between the vectors. */
static void
weigh_neighbours(size_t from, double place, double *row)
{
    const double first = floor(place) - 1.0;
    for (size_t i = 0; i < 4; i++) {
        const double at = first + (double)i;
        const double inside = fmin(fmax(at, 0.0), (double)(from - 1));
        row[(size_t)inside] += cubic(place - at, -0.75);
    }
}

static void
weigh_covered(size_t from, double scale, double place, double *row)
{
    const double stretch = fmax(scale, 1.0);
    double sum = 0.0;
    for (size_t i = 0; i < from; i++) {
        row[i] = cubic(((double)i - place) / stretch, -0.5);
        sum += row[i];
    }
    for (size_t i = 0; i < from; i++) {
        row[i] /= sum;
    }
}

static void
weigh(const struct fovea_grids *grids, double *weights)
{
    const double scale = (double)grids->from / (double)grids->to;
    for (size_t i = 0; i < grids->to; i++) {
        const double place = scale * ((double)i + 0.5) - 0.5;
        double *row = weights + i * grids->from;
        if (grids->antialiases) {
            weigh_covered(grids->from, scale, place, row);
        } else {
            weigh_neighbours(grids->from, place, row);
        }
    }
}

/* out[i] = sum over j of weights[i][j] values[j * stride], vectors. */
static void
apply(const struct fovea_grids *grids, const double *weights,
        const float *values, size_t stride, double *sums, float *out,
        size_t out_stride)
{
    const size_t width = grids->width;
    for (size_t i = 0; i < grids->to; i++) {
        memset(sums, 0, width * sizeof *sums);
        for (size_t j = 0; j < grids->from; j++) {
            const double weight = weights[i * grids->from + j];
            const float *vector = values + j * stride;
            for (size_t k = 0; weight != 0.0 && k < width; k++) {
                sums[k] += weight * (double)vector[k];
            }
        }
        for (size_t k = 0; k < width; k++) {
            out[i * out_stride + k] = (float)sums[k];
        }
    }
}

enum fovea_status
fovea_grid_resize(const struct fovea_grids *grids, const float *values,
        float *out, struct fovea_error *err)
{
    const size_t width = grids->width;
    const size_t n = grids->from * grids->to;
    FOVEA_AUTO_FREE double *weights = calloc(n + width, sizeof *weights);
    FOVEA_AUTO_FREE float *rows = calloc(n * width, sizeof *rows);
    if (!weights || !rows) {
        return fovea_fail_memory(err,
                n * width * sizeof *rows + (n + width) * sizeof *weights,
                "positions");
    }
    double *sums = weights + n;
    weigh(grids, weights);
    for (size_t y = 0; y < grids->from; y++) {
        apply(grids, weights, values + y * grids->from * width, width, sums,
                rows + y * grids->to * width, width);
    }
    for (size_t x = 0; x < grids->to; x++) {
        apply(grids, weights, rows + x * width, grids->to * width, sums,
                out + x * width, grids->to * width);
    }
    return FOVEA_OK;
}
