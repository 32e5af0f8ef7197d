/* The line of images. */
#include "pool/queue.h"
#include "support/test.h"

enum {
    N = 10
};

static struct fovea_queue queue;
static struct fovea_pool_item items[N];

static int
set_up(void **state)
{
    (void)state;
    fovea_queue_init(&queue);
    memset(items, 0, sizeof items);
    for (unsigned i = 0; i < N; i++) {
        items[i].request.ticket = i + 1;
        items[i].request.deadline_ns = FOVEA_NEVER;
    }
    return 0;
}

static void
expect(const struct fovea_items *list, size_t n, const uint64_t tickets[])
{
    assert_int_equal(list->n, n);
    const struct fovea_pool_item *item = list->first;
    for (size_t i = 0; i < n; i++, item = item->next) {
        assert_int_equal(item->request.ticket, tickets[i]);
    }
    assert_null(item);
}

static void
take(size_t n_idle, size_t max, struct fovea_items *taken_out)
{
    const struct fovea_share share = { .n_idle = n_idle, .max = max };
    fovea_queue_take(&queue, &share, taken_out);
}

static void
shares_out_without_mixing(void **state)
{
    (void)state;
    struct fovea_items taken;
    for (unsigned i = 0; i < N; i++) {
        items[i].request.is_batch = i < 5;
        items[i].n_deaths = i == 9;
        fovea_queue_push(&queue, &items[i]);
    }
    assert_int_equal(fovea_queue_size(&queue), N);
    take(1, 8, &taken);
    expect(&taken, 1, (const uint64_t[]){ 10 }); /* the retry, alone */
    take(3, 8, &taken);
    expect(&taken, 2, (const uint64_t[]){ 6, 7 }); /* 4 for 3 */
    take(1, 8, &taken);
    expect(&taken, 2, (const uint64_t[]){ 8, 9 });
    take(1, 4, &taken);
    expect(&taken, 4, (const uint64_t[]){ 1, 2, 3, 4 }); /* the most */
    take(7, 4, &taken);
    expect(&taken, 1, (const uint64_t[]){ 5 });
    take(7, 4, &taken);
    assert_int_equal(taken.n, 0);
}

static void
what_is_put_back_goes_first(void **state)
{
    (void)state;
    struct fovea_items taken;
    fovea_queue_push(&queue, &items[0]);
    fovea_queue_push(&queue, &items[1]);
    take(2, 1, &taken);
    fovea_queue_push_front(&queue, fovea_items_pop(&taken));
    fovea_queue_take_all(&queue, &taken);
    expect(&taken, 2, (const uint64_t[]){ 1, 2 });
    assert_int_equal(fovea_queue_size(&queue), 0);
}

static void
deadlines(void **state)
{
    (void)state;
    struct fovea_items taken;
    items[0].request.deadline_ns = 300;
    items[1].request.deadline_ns = 100;
    items[1].request.is_batch = true;
    items[2].request.deadline_ns = 200;
    items[2].n_deaths = 1;
    for (unsigned i = 0; i < 4; i++) {
        fovea_queue_push(&queue, &items[i]);
    }
    assert_int_equal(queue.due_ns, 100);
    fovea_queue_take_expired(&queue, 99, &taken);
    assert_int_equal(taken.n, 0);
    fovea_queue_take_expired(&queue, 200, &taken);
    expect(&taken, 2, (const uint64_t[]){ 3, 2 });
    assert_int_equal(queue.due_ns, 300);
    take(1, 8, &taken);
    expect(&taken, 2, (const uint64_t[]){ 1, 4 });
    assert_int_equal(queue.due_ns, FOVEA_NEVER); /* nobody has to wake up */
}

static void
tickets(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        items[i].request.is_batch = i & 1;
        fovea_queue_push(&queue, &items[i]);
    }
    struct fovea_items taken;
    fovea_queue_take_ticket(&queue, 2, &taken);
    expect(&taken, 1, (const uint64_t[]){ 2 });
    fovea_queue_take_ticket(&queue, 2, &taken);
    assert_int_equal(taken.n, 0);
    fovea_queue_take_all(&queue, &taken);
    expect(&taken, 3, (const uint64_t[]){ 1, 3, 4 });
}

/* Of every kind, and nothing else. */
static void
a_ticket_that_is_shared_takes_all(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        items[i].request.is_batch = i & 1;
        items[i].request.ticket = i == 2 ? 5 : 6;
        fovea_queue_push(&queue, &items[i]);
    }
    struct fovea_items taken;
    fovea_queue_take_ticket(&queue, 6, &taken);
    assert_int_equal(taken.n, 3);
    assert_ptr_equal(taken.first, &items[0]);
    assert_ptr_equal(taken.last, &items[3]);
    fovea_queue_take_all(&queue, &taken);
    expect(&taken, 1, (const uint64_t[]){ 5 });
}

static void
isolated_items_are_taken_one_by_one_and_may_be_released(void **state)
{
    (void)state;
    struct fovea_items taken;
    const struct fovea_share share = { .n_idle = 1, .max = 8 };
    const struct fovea_share others = {
        .n_idle = 1,
        .max = 8,
        .no_isolated = true,
    };
    for (unsigned i = 0; i < 6; i++) {
        items[i].n_deaths = i < 3;
        items[i].n_kills = i == 3 || i == 2;
        fovea_queue_push(&queue, &items[i]);
    }
    fovea_queue_take(&queue, &others, &taken);
    expect(&taken, 1, (const uint64_t[]){ 4 }); /* killed with its worker */
    fovea_queue_take(&queue, &share, &taken);
    expect(&taken, 1, (const uint64_t[]){ 1 });
    fovea_queue_take(&queue, &others, &taken);
    expect(&taken, 2, (const uint64_t[]){ 5, 6 });
    fovea_queue_take(&queue, &others, &taken);
    assert_int_equal(taken.n, 0);
    assert_int_equal(fovea_queue_size(&queue), 2);
    fovea_queue_release_isolated(&queue);
    fovea_queue_take(&queue, &others, &taken);
    expect(&taken, 1, (const uint64_t[]){ 3 });
    fovea_queue_take(&queue, &others, &taken);
    expect(&taken, 1, (const uint64_t[]){ 2 });
    assert_int_equal(items[1].n_deaths, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(shares_out_without_mixing, set_up),
        cmocka_unit_test_setup(what_is_put_back_goes_first, set_up),
        cmocka_unit_test_setup(deadlines, set_up),
        cmocka_unit_test_setup(tickets, set_up),
        cmocka_unit_test_setup(a_ticket_that_is_shared_takes_all, set_up),
        cmocka_unit_test_setup(
                isolated_items_are_taken_one_by_one_and_may_be_released,
                set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
