/* What is counted, and the history that no timer drives. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/macros.h"
#include "server/counters.h"
#include "support/test.h"

static const int64_t start_ns = 77 * FOVEA_NS_PER_S;

static struct fovea_server_counters *
create(void)
{
    struct fovea_server_counters *counters = calloc(1, sizeof *counters);
    assert_non_null(counters);
    fovea_server_counters_init(counters, start_ns);
    return counters;
}

static void
every_status_has_its_place(void **state)
{
    (void)state;
    struct fovea_server_counters *counters = create();
    enum fovea_status status;
    size_t n = 0;
    for (; fovea_server_counters_status(n, &status); n++) {
        for (size_t i = 0; i <= n; i++) {
            fovea_server_counters_item(counters, false, status, 0, 0, start_ns);
        }
        fovea_server_counters_item(counters, true, status, 0, 0, start_ns);
    }
    assert_true(n > 40);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(counters->images[i], i + 1);
        assert_int_equal(counters->texts[i], 1);
    }
    free(counters);
}

static void
intervals_end_when_somebody_looks(void **state)
{
    (void)state;
    struct fovea_server_counters *counters = create();
    struct fovea_history *history = &counters->history;
    const int64_t interval_ns = FOVEA_HISTORY_INTERVAL_NS;
    for (unsigned i = 0; i < 99; i++) {
        fovea_server_counters_item(counters, false, FOVEA_OK, FOVEA_NS_PER_MS,
                i, start_ns);
    }
    fovea_server_counters_item(counters, false, FOVEA_OK, FOVEA_NS_PER_S, 3,
            start_ns + 1);
    fovea_server_counters_item(counters, false, FOVEA_ERR_BUSY, 0, 0,
            start_ns + interval_ns - 1);
    assert_int_equal(fovea_history_size(history), 0);
    /* Three intervals later: one with something, two without. */
    fovea_history_advance(history, start_ns + 3 * interval_ns);
    assert_int_equal(fovea_history_size(history), 3);
    const struct fovea_history_point *point = fovea_history_at(history, 0);
    assert_int_equal(point->n_good, 100);
    assert_int_equal(point->n_bad, 1);
    assert_int_equal(point->n_waiting, 98);
    assert_true(point->p50_ms >= 1 && point->p50_ms < 2);
    assert_true(point->p99_ms >= 1 && point->p99_ms < 2);
    for (size_t i = 1; i < 3; i++) {
        point = fovea_history_at(history, i);
        assert_int_equal(point->n_good + point->n_bad + point->n_waiting, 0);
    }
    free(counters);
}

static void
the_oldest_points_go(void **state)
{
    (void)state;
    struct fovea_server_counters *counters = create();
    struct fovea_history *history = &counters->history;
    const unsigned n = FOVEA_HISTORY_POINTS + 10;
    for (unsigned i = 0; i < n; i++) {
        for (unsigned j = 0; j <= i; j++) {
            fovea_server_counters_item(counters, false, FOVEA_OK, 1, 0,
                    start_ns + i * FOVEA_HISTORY_INTERVAL_NS);
        }
    }
    fovea_history_advance(history, start_ns + n * FOVEA_HISTORY_INTERVAL_NS);
    assert_int_equal(fovea_history_size(history), FOVEA_HISTORY_POINTS);
    assert_int_equal(fovea_history_at(history, 0)->n_good, 11);
    assert_int_equal(
            fovea_history_at(history, FOVEA_HISTORY_POINTS - 1)->n_good, n);
    free(counters);
}

static void
a_long_sleep_costs_nothing(void **state)
{
    (void)state;
    struct fovea_server_counters *counters = create();
    struct fovea_history *history = &counters->history;
    fovea_server_counters_item(counters, false, FOVEA_OK, 1, 0, start_ns);
    const int64_t year_s = INT64_C(365) * 24 * 3600;
    const int64_t late_ns = start_ns + year_s * FOVEA_NS_PER_S;
    fovea_history_advance(history, late_ns);
    assert_int_equal(fovea_history_size(history), FOVEA_HISTORY_POINTS);
    for (size_t i = 0; i < FOVEA_HISTORY_POINTS; i++) {
        assert_int_equal(fovea_history_at(history, i)->n_good, 0);
    }
    fovea_server_counters_item(counters, false, FOVEA_OK, 1, 0, late_ns + 1);
    fovea_history_advance(history, late_ns + FOVEA_HISTORY_INTERVAL_NS);
    assert_int_equal(
            fovea_history_at(history, FOVEA_HISTORY_POINTS - 1)->n_good, 1);
    free(counters);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_place),
        cmocka_unit_test(intervals_end_when_somebody_looks),
        cmocka_unit_test(the_oldest_points_go),
        cmocka_unit_test(a_long_sleep_costs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
