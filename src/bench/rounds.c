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
    return (double)(fovea_clock_ns() - start_ns) * 1e-6;
}

static int
compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

double
fovea_bench_median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare_doubles);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2.0;
}
