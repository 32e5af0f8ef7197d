/* Signs of life: given while there is progress, and not by what hangs. */
#include "base/clock.h"
#include "jobs/node_watch.h"
#include "support/test.h"

#define S FOVEA_NS_PER_S

static void
signs_are_given_at_a_third(void **state)
{
    (void)state;
    struct fovea_node_watch watch;
    fovea_node_watch_begin(&watch, 30 * S, 100 * S, 1000 * S);
    assert_int_equal(fovea_node_watch_due_ns(&watch), 1010 * S);
    assert_int_equal(fovea_node_watch_look(&watch, 1, 1010 * S - 1),
            FOVEA_NODE_WATCH_WAIT);
    assert_int_equal(fovea_node_watch_look(&watch, 1, 1010 * S),
            FOVEA_NODE_WATCH_KEEP);
    assert_int_equal(fovea_node_watch_look(&watch, 2, 1010 * S),
            FOVEA_NODE_WATCH_WAIT);
    assert_int_equal(fovea_node_watch_due_ns(&watch), 1020 * S);
    assert_int_equal(fovea_node_watch_look(&watch, 2, 1025 * S),
            FOVEA_NODE_WATCH_KEEP);
    assert_int_equal(fovea_node_watch_due_ns(&watch), 1035 * S);
}

static void
what_hangs_gives_none(void **state)
{
    (void)state;
    struct fovea_node_watch watch;
    fovea_node_watch_begin(&watch, 30 * S, 45 * S, 0);
    assert_int_equal(fovea_node_watch_look(&watch, 7, 10 * S),
            FOVEA_NODE_WATCH_KEEP);
    assert_int_equal(fovea_node_watch_look(&watch, 7, 25 * S),
            FOVEA_NODE_WATCH_KEEP);
    assert_int_equal(fovea_node_watch_look(&watch, 7, 40 * S),
            FOVEA_NODE_WATCH_KEEP);
    assert_int_equal(fovea_node_watch_due_ns(&watch), 50 * S);
    assert_int_equal(fovea_node_watch_look(&watch, 7, 55 * S - 1),
            FOVEA_NODE_WATCH_KEEP);
    assert_int_equal(fovea_node_watch_look(&watch, 7, 55 * S),
            FOVEA_NODE_WATCH_STALLED);
    /* For good: the shard is being given up. */
    assert_int_equal(fovea_node_watch_look(&watch, 8, 56 * S),
            FOVEA_NODE_WATCH_STALLED);
}

static void
progress_at_the_last_moment_counts(void **state)
{
    (void)state;
    struct fovea_node_watch watch;
    fovea_node_watch_begin(&watch, 30 * S, 15 * S, 0);
    assert_int_equal(fovea_node_watch_look(&watch, 1, 15 * S),
            FOVEA_NODE_WATCH_KEEP);
    assert_int_equal(fovea_node_watch_look(&watch, 1, 29 * S),
            FOVEA_NODE_WATCH_KEEP);
    assert_int_equal(fovea_node_watch_look(&watch, 1, 30 * S),
            FOVEA_NODE_WATCH_STALLED);
}

/* The machine slept, or somebody stopped the process: nothing hangs in it. */
static void
time_without_a_look_is_no_stall(void **state)
{
    (void)state;
    struct fovea_node_watch watch;
    fovea_node_watch_begin(&watch, 30 * S, 45 * S, 0);
    assert_int_equal(fovea_node_watch_look(&watch, 1, 10 * S),
            FOVEA_NODE_WATCH_KEEP);
    assert_int_equal(fovea_node_watch_look(&watch, 1, 20 * S),
            FOVEA_NODE_WATCH_KEEP);
    assert_int_equal(fovea_node_watch_look(&watch, 1, 1020 * S),
            FOVEA_NODE_WATCH_KEEP);
    assert_int_equal(fovea_node_watch_look(&watch, 1, 1030 * S),
            FOVEA_NODE_WATCH_KEEP);
    assert_int_equal(fovea_node_watch_look(&watch, 1, 1040 * S),
            FOVEA_NODE_WATCH_KEEP);
    assert_int_equal(fovea_node_watch_look(&watch, 1, 1055 * S),
            FOVEA_NODE_WATCH_STALLED);
}

static void
never_is_never(void **state)
{
    (void)state;
    struct fovea_node_watch watch;
    fovea_node_watch_begin(&watch, 30 * S, INT64_MAX, 5 * S);
    for (int64_t i = 1; i < 1000; i++) {
        assert_int_equal(fovea_node_watch_look(&watch, 0, (5 + i * 10) * S),
                FOVEA_NODE_WATCH_KEEP);
        assert_int_equal(fovea_node_watch_due_ns(&watch), (15 + i * 10) * S);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_are_given_at_a_third),
        cmocka_unit_test(what_hangs_gives_none),
        cmocka_unit_test(progress_at_the_last_moment_counts),
        cmocka_unit_test(time_without_a_look_is_no_stall),
        cmocka_unit_test(never_is_never),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
