/* Histograms of times: bounds, counts, quantiles. */
#include "base/histogram.h"
#include "support/test.h"

static void
bounds_double(void **state)
{
    (void)state;
    assert_int_equal(fovea_histogram_bound_ns(0), 10000);
    assert_int_equal(fovea_histogram_bound_ns(1), 20000);
    for (size_t i = 1; i < FOVEA_HISTOGRAM_BUCKETS - 1; i++) {
        assert_int_equal(fovea_histogram_bound_ns(i),
                2 * fovea_histogram_bound_ns(i - 1));
    }
    assert_int_equal(fovea_histogram_bound_ns(FOVEA_HISTOGRAM_BUCKETS - 1),
            INT64_MAX);
    assert_int_equal(fovea_histogram_bound_ns(SIZE_MAX), INT64_MAX);
}

static void
a_bound_belongs_to_its_bucket(void **state)
{
    (void)state;
    struct fovea_histogram histogram = { 0 };
    const int64_t times[] = { -5, 0, 10000, 10001, 20000, 20001, INT64_MAX };
    int64_t sum = 0;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        fovea_histogram_add(&histogram, times[i]);
        /* The largest does not fit beside the rest. */
        sum = times[i] == INT64_MAX ? INT64_MAX
                                    : sum + (times[i] > 0 ? times[i] : 0);
        assert_int_equal(histogram.sum_ns, sum);
    }
    assert_int_equal(histogram.count, 7);
    assert_int_equal(histogram.buckets[0], 3);
    assert_int_equal(histogram.buckets[1], 2);
    assert_int_equal(histogram.buckets[2], 1);
    assert_int_equal(histogram.buckets[FOVEA_HISTOGRAM_BUCKETS - 1], 1);
}

static void
quantiles_lie_in_their_buckets(void **state)
{
    (void)state;
    struct fovea_histogram histogram = { 0 };
    assert_int_equal(fovea_histogram_quantile_ns(&histogram, 0.5), 0);
    for (size_t i = 0; i < 90; i++) {
        fovea_histogram_add(&histogram, 15000);
    }
    for (size_t i = 0; i < 10; i++) {
        fovea_histogram_add(&histogram, 100000);
    }
    assert_int_equal(fovea_histogram_quantile_ns(&histogram, 0), 20000);
    assert_int_equal(fovea_histogram_quantile_ns(&histogram, 0.5), 20000);
    assert_int_equal(fovea_histogram_quantile_ns(&histogram, 0.9), 20000);
    assert_int_equal(fovea_histogram_quantile_ns(&histogram, 0.91), 160000);
    assert_int_equal(fovea_histogram_quantile_ns(&histogram, 1), 160000);
    assert_int_equal(fovea_histogram_quantile_ns(&histogram, 2), 160000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_double),
        cmocka_unit_test(a_bound_belongs_to_its_bucket),
        cmocka_unit_test(quantiles_lie_in_their_buckets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
