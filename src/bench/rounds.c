/* See rounds.h. */
#include "bench/rounds.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"

enum fovea_status
fovea_bench_check_rounds(unsigned n, struct fovea_error *err)
{
    if (n < 1 || n > FOVEA_BENCH_MAX_ROUNDS) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "rounds must be 1 to %d, not %u", FOVEA_BENCH_MAX_ROUNDS, n);
    }
    return FOVEA_OK;
}

double
fovea_bench_ms_since(int64_t start_ns)
{
    return (double)(fovea_clock_thread_ns() - start_ns) * 1e-6;
}

static int
compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

void
fovea_bench_medians(const void *samples, size_t size, size_t n_rounds,
        void *median)
{
    const double *all = samples;
    double *medians = median;
    const size_t n_values = size / sizeof *all;
    double values[FOVEA_BENCH_MAX_ROUNDS];
    FOVEA_ASSERT(n_rounds >= 1 && n_rounds <= FOVEA_BENCH_MAX_ROUNDS);
    for (size_t i = 0; i < n_values; i++) {
        for (size_t round = 0; round < n_rounds; round++) {
            values[round] = all[round * n_values + i];
        }
        qsort(values, n_rounds, sizeof *values, compare_doubles);
        const size_t half = n_rounds / 2;
        medians[i] = n_rounds % 2 ? values[half]
                                  : (values[half - 1] + values[half]) / 2.0;
    }
}
