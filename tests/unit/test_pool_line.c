/* The line of models that wait for their turn. */
#include "pool/internal.h"
#include "pool/turns.h"
#include "support/test.h"

enum {
    NOW = 1000,
};

static struct fovea_pool pool;
static struct fovea_group groups[3]; /* the pool's, in this order */
static struct fovea_pool_item items[3];

/* Each has an item that came at a time. */
static void
wait_since(int64_t first_ns, int64_t second_ns, int64_t third_ns)
{
    const int64_t times_ns[] = { first_ns, second_ns, third_ns };
    pool = (struct fovea_pool){ .mu = PTHREAD_MUTEX_INITIALIZER,
        .groups = groups,
        .now_ns = NOW };
    for (unsigned i = 0; i < 3; i++) {
        groups[i] = (struct fovea_group){ .pool = &pool,
            .next = i < 2 ? &groups[i + 1] : NULL };
        items[i] = (struct fovea_pool_item){ .queued_ns = times_ns[i],
            .request.deadline_ns = FOVEA_NEVER };
        fovea_queue_init(&groups[i].queue);
        fovea_queue_push(&groups[i].queue, &items[i]);
    }
    fovea_turns_take(&pool);
}

static void
expect_first(unsigned i)
{
    assert_ptr_equal(fovea_turn_first(&pool), &groups[i]);
    groups[i].has_turn = false;
}

static void
who_waits_longest_is_first(void **state)
{
    (void)state;
    wait_since(30, 10, 20);
    expect_first(1);
    expect_first(2);
    expect_first(0);
    assert_null(fovea_turn_first(&pool));
}

/* After the loop looked at the clock, before it looked at them. */
static void
who_comes_meanwhile_keeps_the_order(void **state)
{
    (void)state;
    wait_since(NOW + 3, NOW + 1, NOW + 2);
    expect_first(1);
    expect_first(2);
    expect_first(0);
}

static void
who_gave_way_goes_behind(void **state)
{
    (void)state;
    wait_since(30, 10, 20);
    for (unsigned i = 0; i < 3; i++) {
        groups[i].has_turn = false;
    }
    groups[1].yielded_ns = 25;
    fovea_turns_take(&pool);
    expect_first(2);
    expect_first(1);
    expect_first(0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_longest_is_first),
        cmocka_unit_test(who_comes_meanwhile_keeps_the_order),
        cmocka_unit_test(who_gave_way_goes_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
