/* How much of workers' logs is passed on: time comes in as numbers. */
#include "pool/log_budget.h"
#include "support/test.h"

#define START_NS (1000 * FOVEA_NS_PER_S)

static struct fovea_log_budget budget;
static struct fovea_log_window all;

static int
set_up(void **state)
{
    (void)state;
    fovea_log_budget_init(&budget);
    all = (struct fovea_log_window){ 0 };
    return 0;
}

/* How many of so many lines are passed on. */
static unsigned
write_lines(struct fovea_log_budget *of, unsigned n, int64_t now_ns)
{
    unsigned n_passed = 0;
    for (unsigned i = 0; i < n; i++) {
        n_passed += fovea_log_budget_take(of, &all, now_ns);
    }
    return n_passed;
}

static void
lines_are_bounded_an_image(void **state)
{
    (void)state;
    fovea_log_budget_items(&budget, 1);
    assert_int_equal(write_lines(&budget, 1000, START_NS),
            FOVEA_LOG_LINES_ITEM);
    /* Time brings none, only the next image does. */
    int64_t later_ns = START_NS + 10 * FOVEA_LOG_WINDOW_NS;
    assert_int_equal(write_lines(&budget, 1000, later_ns), 0);
    fovea_log_budget_items(&budget, 2);
    assert_int_equal(write_lines(&budget, 1000, later_ns),
            2 * FOVEA_LOG_LINES_ITEM);
}

static void
lines_are_bounded_a_second(void **state)
{
    (void)state;
    assert_int_equal(write_lines(&budget, 1000, START_NS),
            FOVEA_LOG_LINES_WORKER);
    assert_int_equal(
            write_lines(&budget, 10, START_NS + FOVEA_LOG_WINDOW_NS - 1), 0);
    assert_int_equal(write_lines(&budget, 1000, START_NS + FOVEA_LOG_WINDOW_NS),
            FOVEA_LOG_LINES_LOAD - FOVEA_LOG_LINES_WORKER);
}

static void
lines_of_all_workers_are_bounded(void **state)
{
    (void)state;
    unsigned n_passed = 0;
    for (unsigned i = 0; i < 10; i++) {
        struct fovea_log_budget other;
        fovea_log_budget_init(&other);
        n_passed += write_lines(&other, 1000, START_NS);
    }
    assert_int_equal(n_passed, FOVEA_LOG_LINES_ALL);
}

static void
what_was_left_out_is_said_once_a_window(void **state)
{
    (void)state;
    assert_int_equal(fovea_log_budget_due_ns(&budget), FOVEA_NEVER);
    (void)write_lines(&budget, FOVEA_LOG_LINES_WORKER + 5, START_NS);
    int64_t due_ns = fovea_log_budget_due_ns(&budget);
    assert_int_equal(due_ns, START_NS + FOVEA_LOG_WINDOW_NS);
    assert_int_equal(fovea_log_budget_left_out(&budget, due_ns - 1, false), 0);
    assert_int_equal(fovea_log_budget_left_out(&budget, due_ns, false), 5);
    assert_int_equal(fovea_log_budget_left_out(&budget, due_ns, false), 0);
    assert_int_equal(fovea_log_budget_due_ns(&budget), FOVEA_NEVER);
    (void)write_lines(&budget, 1000, due_ns);
    /* When it has ended, at once. */
    assert_true(fovea_log_budget_left_out(&budget, due_ns, true) > 0);
    assert_int_equal(fovea_log_budget_left_out(&budget, due_ns, true), 0);
}

static void
reads_rest_after_a_while(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FOVEA_LOG_READS; i++) {
        assert_false(fovea_log_budget_read(&budget, START_NS));
    }
    assert_true(fovea_log_budget_read(&budget, START_NS));
    assert_false(
            fovea_log_budget_read(&budget, START_NS + FOVEA_LOG_WINDOW_NS));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lines_are_bounded_an_image, set_up),
        cmocka_unit_test_setup(lines_are_bounded_a_second, set_up),
        cmocka_unit_test_setup(lines_of_all_workers_are_bounded, set_up),
        cmocka_unit_test_setup(what_was_left_out_is_said_once_a_window, set_up),
        cmocka_unit_test_setup(reads_rest_after_a_while, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
