/* What a worker has in flight: every item leaves once, every byte is released. */
#include "base/macros.h"
#include "pool/inflight.h"
#include "support/test.h"

enum {
    N_ITEMS = 4
};

#define LIMIT_BYTES (UINT64_C(100) << 20)
#define NEED_BYTES  (UINT64_C(60) << 20)

static struct fovea_pool pool;
static struct fovea_group group;
static struct fovea_slot slots[2];
static struct fovea_pool_item items[N_ITEMS];

static int
set_up(void **state)
{
    (void)state;
    const struct fovea_memory memory = { .total_bytes = 1 << 30,
        .available_bytes = 1 << 30 };
    memset(&pool, 0, sizeof pool);
    memset(&group, 0, sizeof group);
    memset(slots, 0, sizeof slots);
    memset(items, 0, sizeof items);
    assert_int_equal(pthread_mutex_init(&pool.mu, NULL), 0);
    fovea_governor_init(&pool.governor, 100, LIMIT_BYTES);
    fovea_governor_update(&pool.governor, &memory);
    pool.settings.image_ns = 1000;
    pool.now_ns = 100;
    pool.due_ns = FOVEA_NEVER;
    group.pool = &pool;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(slots); i++) {
        slots[i].group = &group;
    }
    for (size_t i = 0; i < N_ITEMS; i++) {
        items[i].group = &group;
        items[i].request.ticket = 10 + i;
        items[i].request.deadline_ns = FOVEA_NEVER;
    }
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    (void)pthread_mutex_destroy(&pool.mu);
    return 0;
}

static void
begin(struct fovea_slot *slot, size_t first, size_t n)
{
    struct fovea_items list = { 0 };
    for (size_t i = first; i < first + n; i++) {
        fovea_items_push(&list, &items[i]);
    }
    fovea_inflight_begin(slot, &list, false);
    assert_int_equal(list.n, 0);
}

static void
results_are_found_once_each(void **state)
{
    (void)state;
    struct fovea_slot *slot = &slots[0];
    begin(slot, 0, N_ITEMS);
    assert_int_equal(slot->n_left, N_ITEMS);
    assert_int_equal(pool.due_ns, 1100); /* no word until then: it hangs */
    assert_null(fovea_inflight_find(slot, slot->job_id + 1, 0));
    assert_null(fovea_inflight_find(slot, slot->job_id, N_ITEMS));
    for (uint32_t i = 0; i < N_ITEMS; i++) {
        struct fovea_inflight *inflight =
                fovea_inflight_find(slot, slot->job_id, i);
        assert_non_null(inflight);
        assert_ptr_equal(fovea_inflight_done(slot, inflight), &items[i]);
        assert_null(fovea_inflight_find(slot, slot->job_id, i));
        assert_int_equal(slot->n_left, N_ITEMS - 1 - i);
    }
    assert_int_equal(slot->n_items, N_ITEMS);
    fovea_inflight_end(slot);
    assert_int_equal(slot->n_inflight, 0);
}

static void
the_canary_belongs_to_nobody(void **state)
{
    (void)state;
    struct fovea_slot *slot = &slots[0];
    struct fovea_items list = { 0 };
    fovea_items_push(&list, &items[0]);
    fovea_inflight_begin(slot, &list, true);
    assert_true(slot->is_on_trial && group.trial.is_running);
    struct fovea_inflight *inflight =
            fovea_inflight_find(slot, slot->job_id, 0);
    assert_non_null(inflight);
    assert_null(fovea_inflight_done(slot, inflight));
    assert_int_equal(slot->n_items, 0); /* it is not counted */
    fovea_inflight_end(slot);
    assert_false(slot->is_on_trial || group.trial.is_running);
}

static void
only_what_is_late_expires(void **state)
{
    (void)state;
    struct fovea_slot *slot = &slots[0];
    struct fovea_items expired;
    items[0].request.deadline_ns = 200;
    items[2].request.deadline_ns = 300;
    begin(slot, 0, N_ITEMS);
    assert_int_equal(pool.due_ns, 200);
    fovea_inflight_take_expired(slot, &expired);
    assert_int_equal(expired.n, 0);
    pool.now_ns = 200;
    pool.due_ns = FOVEA_NEVER;
    fovea_inflight_take_expired(slot, &expired);
    assert_int_equal(expired.n, 1);
    assert_ptr_equal(expired.first, &items[0]);
    assert_int_equal(pool.due_ns, 300);
    pool.now_ns = 300;
    fovea_inflight_take_expired(slot, &expired);
    assert_ptr_equal(expired.first, &items[2]);
    /* Its result still comes, and is nobody's. */
    struct fovea_inflight *inflight =
            fovea_inflight_find(slot, slot->job_id, 0);
    assert_null(fovea_inflight_done(slot, inflight));
    fovea_inflight_take_all(slot, &expired);
    assert_int_equal(expired.n, 2);
}

static void
only_what_is_cancelled_is_taken(void **state)
{
    (void)state;
    struct fovea_items cancelled = { 0 };
    begin(&slots[0], 0, 2);
    begin(&slots[1], 2, 2);
    assert_int_not_equal(slots[0].job_id, slots[1].job_id);
    assert_false(fovea_inflight_cancel(&slots[0], 13));
    assert_true(fovea_inflight_cancel(&slots[1], 13));
    fovea_inflight_take_cancelled(&slots[0], &cancelled);
    assert_int_equal(cancelled.n, 0);
    fovea_inflight_take_cancelled(&slots[1], &cancelled);
    assert_int_equal(cancelled.n, 1);
    assert_ptr_equal(cancelled.first, &items[3]);
    assert_false(fovea_inflight_cancel(&slots[1], 13));
}

static void
all_of_a_ticket_are_cancelled(void **state)
{
    (void)state;
    struct fovea_items cancelled = { 0 };
    begin(&slots[0], 0, 3);
    items[0].request.ticket = 20;
    items[2].request.ticket = 20;
    assert_true(fovea_inflight_cancel(&slots[0], 20));
    fovea_inflight_take_cancelled(&slots[0], &cancelled);
    assert_int_equal(cancelled.n, 2);
    assert_ptr_equal(cancelled.first, &items[0]);
    assert_ptr_equal(cancelled.last, &items[2]);
}

static void
ask(struct fovea_slot *slot, uint32_t index)
{
    const struct fovea_need need = { .index = index, .bytes = NEED_BYTES };
    assert_true(fovea_inflight_ask(slot, slot->job_id, &need));
}

static void
an_item_asks_once_and_before_it_is_decoded(void **state)
{
    (void)state;
    struct fovea_slot *slot = &slots[0];
    begin(slot, 0, 3);
    struct fovea_need need = { .index = 0, .bytes = NEED_BYTES };
    assert_false(fovea_inflight_ask(slot, slot->job_id + 1, &need));
    ask(slot, 0);
    assert_false(fovea_inflight_ask(slot, slot->job_id, &need));
    fovea_inflight_decoded(slot, fovea_inflight_find(slot, slot->job_id, 1));
    need.index = 1;
    assert_false(fovea_inflight_ask(slot, slot->job_id, &need));
    need.index = 3;
    assert_false(fovea_inflight_ask(slot, slot->job_id, &need));
    /* While it waits nothing can be said of it. */
    slot->channel_state = FOVEA_CHANNEL_ASKED;
    assert_null(fovea_inflight_find(slot, slot->job_id, 0));
    assert_non_null(fovea_inflight_find(slot, slot->job_id, 2));
}

static void
memory_is_released_whatever_way_it_ends(void **state)
{
    (void)state;
    begin(&slots[0], 0, 2);
    begin(&slots[1], 2, 2);
    ask(&slots[0], 0);
    ask(&slots[1], 1);
    assert_true(slots[0].asked < slots[1].asked);
    assert_true(fovea_inflight_reserve(&slots[0]));
    assert_false(fovea_inflight_reserve(&slots[1])); /* one fits */
    assert_int_equal(slots[0].granted_bytes, NEED_BYTES);
    assert_int_equal(slots[1].granted_bytes, 0);
    fovea_inflight_answered(&slots[0]);
    pool.due_ns = FOVEA_NEVER;
    fovea_inflight_decoded(&slots[0],
            fovea_inflight_find(&slots[0], slots[0].job_id, 0));
    assert_int_equal(pool.due_ns, pool.now_ns); /* others may wait for it */
    assert_int_equal(pool.governor.reserved_bytes, 0);
    assert_int_equal(slots[0].granted_bytes, 0);
    assert_true(fovea_inflight_reserve(&slots[1]));
    fovea_inflight_release_all(&slots[1]);
    assert_int_equal(pool.governor.reserved_bytes, 0);
    assert_int_equal(slots[1].granted_bytes, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(results_are_found_once_each),
        TEST(the_canary_belongs_to_nobody),
        TEST(only_what_is_late_expires),
        TEST(only_what_is_cancelled_is_taken),
        TEST(all_of_a_ticket_are_cancelled),
        TEST(an_item_asks_once_and_before_it_is_decoded),
        TEST(memory_is_released_whatever_way_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
