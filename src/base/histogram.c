/* Histograms of times: filling and reading them, see fovea/pool.h. */
#include "base/histogram.h"

#include "base/clock.h"

enum {
    FIRST_BOUND_US = 10
};

int64_t
fovea_histogram_bound_ns(size_t bucket)
{
    return bucket < FOVEA_HISTOGRAM_BUCKETS - 1
            ? (FIRST_BOUND_US * (FOVEA_NS_PER_MS / 1000)) << bucket
            : INT64_MAX;
}

void
fovea_histogram_add(struct fovea_histogram *histogram, int64_t time_ns)
{
    int64_t time = time_ns > 0 ? time_ns : 0;
    size_t bucket = 0;
    while (time > fovea_histogram_bound_ns(bucket)) {
        bucket++;
    }
    histogram->buckets[bucket]++;
    histogram->count++;
    if (__builtin_add_overflow(histogram->sum_ns, time, &histogram->sum_ns)) {
        histogram->sum_ns = INT64_MAX; /* workers' times are theirs to invent */
    }
}

int64_t
fovea_histogram_quantile_ns(const struct fovea_histogram *histogram,
        double share)
{
    if (!histogram || histogram->count == 0) {
        return 0;
    }
    double wanted = share * (double)histogram->count;
    uint64_t n = 0;
    size_t last = 0; /* the last bucket that holds any */
    for (size_t i = 0; i < FOVEA_HISTOGRAM_BUCKETS; i++) {
        n += histogram->buckets[i];
        last = histogram->buckets[i] > 0 ? i : last;
        if (n > 0 && (double)n >= wanted) {
            break;
        }
    }
    return fovea_histogram_bound_ns(last);
}
