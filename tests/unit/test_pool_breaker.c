/* The circuit breaker and the back-off: time comes in as numbers. */
#include "pool/breaker.h"
#include "support/test.h"

#define START_NS (1000 * FOVEA_NS_PER_S)

static struct fovea_breaker
make(void)
{
    struct fovea_breaker breaker;
    fovea_breaker_init(&breaker, FOVEA_BREAKER_OPEN_NS);
    return breaker;
}

/* Faults in a row, each as soon as a worker may start; when the last was. */
static int64_t
fail_times(struct fovea_breaker *breaker, int64_t now_ns, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        now_ns = breaker->next_ns > now_ns ? breaker->next_ns : now_ns;
        assert_true(fovea_breaker_may_start(breaker, now_ns));
        fovea_breaker_started(breaker);
        fovea_breaker_fault(breaker, now_ns);
    }
    return now_ns;
}

static void
faults_in_a_row_wait_longer_and_longer(void **state)
{
    (void)state;
    struct fovea_breaker breaker = make();
    assert_true(fovea_breaker_may_start(&breaker, 0));
    int64_t now = START_NS;
    for (unsigned i = 0; i < FOVEA_BREAKER_FAULTS - 1; i++) {
        fovea_breaker_fault(&breaker, now);
        int64_t wait = FOVEA_BACKOFF_FIRST_NS << i;
        assert_false(fovea_breaker_may_start(&breaker, now + wait - 1));
        assert_false(fovea_breaker_refuses(&breaker, now));
        assert_true(fovea_breaker_may_start(&breaker, now + wait));
        assert_int_equal(breaker.state, FOVEA_BREAKER_CLOSED);
        now += wait;
    }
    fovea_breaker_served(&breaker);
    fovea_breaker_fault(&breaker, now);
    assert_true(
            fovea_breaker_may_start(&breaker, now + FOVEA_BACKOFF_FIRST_NS));
}

static void
a_served_image_begins_the_row_anew(void **state)
{
    (void)state;
    struct fovea_breaker breaker = make();
    int64_t now = START_NS;
    for (int i = 0; i < 10; i++) {
        now = fail_times(&breaker, now, FOVEA_BREAKER_FAULTS - 1);
        fovea_breaker_served(&breaker);
        assert_int_equal(breaker.state, FOVEA_BREAKER_CLOSED);
        assert_true(fovea_breaker_may_start(&breaker, now));
    }
}

static void
opens_refuses_and_probes_once(void **state)
{
    (void)state;
    struct fovea_breaker breaker = make();
    int64_t opened = fail_times(&breaker, START_NS, FOVEA_BREAKER_FAULTS);
    int64_t over = opened + FOVEA_BREAKER_OPEN_NS;
    assert_int_equal(breaker.state, FOVEA_BREAKER_OPEN);
    assert_true(fovea_breaker_refuses(&breaker, opened));
    assert_true(fovea_breaker_refuses(&breaker, over - 1));
    assert_false(fovea_breaker_may_start(&breaker, over - 1));

    /* Others may still serve or die; neither closes it nor makes it longer. */
    fovea_breaker_served(&breaker);
    fovea_breaker_fault(&breaker, over - 1);
    fovea_breaker_started(&breaker);
    assert_true(fovea_breaker_refuses(&breaker, over - 1));

    assert_false(fovea_breaker_refuses(&breaker, over));
    assert_true(fovea_breaker_may_start(&breaker, over));
    assert_int_equal(breaker.state, FOVEA_BREAKER_HALF_OPEN);
    assert_true(fovea_breaker_may_start(&breaker, over));
    fovea_breaker_started(&breaker);
    assert_false(fovea_breaker_may_start(&breaker, over + FOVEA_NS_PER_S));
    assert_false(fovea_breaker_refuses(&breaker, over));

    fovea_breaker_served(&breaker);
    assert_int_equal(breaker.state, FOVEA_BREAKER_CLOSED);
    assert_true(fovea_breaker_may_start(&breaker, over));
    assert_int_equal(breaker.n_faults, 0);
}

static void
a_probe_that_fails_opens_it_again(void **state)
{
    (void)state;
    struct fovea_breaker breaker = make();
    int64_t now = fail_times(&breaker, START_NS, FOVEA_BREAKER_FAULTS);
    for (int i = 0; i < 3; i++) {
        now = fail_times(&breaker, now, 1);
        assert_int_equal(breaker.state, FOVEA_BREAKER_OPEN);
        assert_int_equal(breaker.next_ns, now + FOVEA_BREAKER_OPEN_NS);
    }
}

static void
a_probe_that_goes_makes_place_for_another(void **state)
{
    (void)state;
    struct fovea_breaker breaker = make();
    fovea_breaker_init(&breaker, 5);
    int64_t now = fail_times(&breaker, START_NS, FOVEA_BREAKER_FAULTS) + 5;
    assert_true(fovea_breaker_may_start(&breaker, now));
    fovea_breaker_started(&breaker);
    assert_false(fovea_breaker_may_start(&breaker, now));
    fovea_breaker_probe_gone(&breaker);
    assert_int_equal(breaker.state, FOVEA_BREAKER_HALF_OPEN);
    assert_true(fovea_breaker_may_start(&breaker, now));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_in_a_row_wait_longer_and_longer),
        cmocka_unit_test(a_served_image_begins_the_row_anew),
        cmocka_unit_test(opens_refuses_and_probes_once),
        cmocka_unit_test(a_probe_that_fails_opens_it_again),
        cmocka_unit_test(a_probe_that_goes_makes_place_for_another),
    };
    return cmocka_run_group_tests_name("pool_breaker", tests, NULL, NULL);
}
