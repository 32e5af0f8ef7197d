/* The line of images, and the table of those that end workers. */
#include <unistd.h>

#include "base/memfd.h"
#include "pool/queue.h"
#include "pool/suspects.h"
#include "test.h"

enum {
    N = 10
};

static struct fovea_queue queue;
static struct fovea_item items[N];

static int
set_up(void **state)
{
    (void)state;
    fovea_queue_init(&queue);
    memset(items, 0, sizeof items);
    for (unsigned i = 0; i < N; i++) {
        items[i].image.ticket = i + 1;
        items[i].image.deadline_ns = FOVEA_NEVER;
    }
    return 0;
}

static void
expect(const struct fovea_items *list, size_t n, const uint64_t tickets[])
{
    assert_int_equal(list->n, n);
    const struct fovea_item *item = list->first;
    for (size_t i = 0; i < n; i++, item = item->next) {
        assert_int_equal(item->image.ticket, tickets[i]);
    }
    assert_null(item);
}

static void
shares_out_without_mixing(void **state)
{
    (void)state;
    struct fovea_items taken;
    for (unsigned i = 0; i < N; i++) {
        items[i].image.is_batch = i < 5;
        items[i].n_deaths = i == 9;
        fovea_queue_push(&queue, &items[i]);
    }
    assert_int_equal(fovea_queue_size(&queue), N);
    fovea_queue_take(&queue, 1, 8, &taken);
    expect(&taken, 1, (const uint64_t[]){ 10 }); /* the retry, alone */
    fovea_queue_take(&queue, 3, 8, &taken);
    expect(&taken, 2, (const uint64_t[]){ 6, 7 }); /* 4 for 3 */
    fovea_queue_take(&queue, 1, 8, &taken);
    expect(&taken, 2, (const uint64_t[]){ 8, 9 });
    fovea_queue_take(&queue, 1, 4, &taken);
    expect(&taken, 4, (const uint64_t[]){ 1, 2, 3, 4 }); /* the most */
    fovea_queue_take(&queue, 7, 4, &taken);
    expect(&taken, 1, (const uint64_t[]){ 5 });
    fovea_queue_take(&queue, 7, 4, &taken);
    assert_int_equal(taken.n, 0);
}

static void
what_is_put_back_goes_first(void **state)
{
    (void)state;
    struct fovea_items taken;
    fovea_queue_push(&queue, &items[0]);
    fovea_queue_push(&queue, &items[1]);
    fovea_queue_take(&queue, 2, 1, &taken);
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
    items[0].image.deadline_ns = 300;
    items[1].image.deadline_ns = 100;
    items[1].image.is_batch = true;
    items[2].image.deadline_ns = 200;
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
    fovea_queue_take(&queue, 1, 8, &taken);
    expect(&taken, 2, (const uint64_t[]){ 1, 4 });
    assert_int_equal(queue.due_ns, FOVEA_NEVER); /* nobody has to wake up */
}

static void
tickets(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        items[i].image.is_batch = i & 1;
        fovea_queue_push(&queue, &items[i]);
    }
    assert_ptr_equal(fovea_queue_take_ticket(&queue, 2), &items[1]);
    assert_null(fovea_queue_take_ticket(&queue, 2));
    struct fovea_items taken;
    fovea_queue_take_all(&queue, &taken);
    expect(&taken, 3, (const uint64_t[]){ 1, 3, 4 });
}

static void
digest_of(const char *text, uint8_t digest_out[FOVEA_SUSPECT_DIGEST_SIZE])
{
    struct fovea_error error;
    int fd = -1;
    assert_ok(fovea_memfd_from_bytes("test", text, strlen(text), &fd, &error),
            &error);
    assert_ok(fovea_suspect_digest(fd, strlen(text), digest_out, &error),
            &error);
    (void)close(fd);
}

static void
suspects_are_known_again(void **state)
{
    (void)state;
    static struct fovea_suspects suspects;
    struct fovea_suspect suspect = { .size = 3 };
    (void)snprintf(suspect.verdict.message, sizeof suspect.verdict.message,
            "guilty");
    digest_of("abc", suspect.digest);
    /* FIPS 180-2. */
    static const uint8_t start[] = { 0xba, 0x78, 0x16, 0xbf };
    assert_memory_equal(suspect.digest, start, sizeof start);
    assert_false(fovea_suspects_have_size(&suspects, 3));
    fovea_suspects_add(&suspects, &suspect);
    assert_true(fovea_suspects_have_size(&suspects, 3));
    assert_false(fovea_suspects_have_size(&suspects, 4));
    const struct fovea_error *verdict =
            fovea_suspects_find(&suspects, 3, suspect.digest);
    assert_non_null(verdict);
    assert_string_equal(verdict->message, "guilty");
    assert_null(fovea_suspects_find(&suspects, 4, suspect.digest));
    uint8_t other[FOVEA_SUSPECT_DIGEST_SIZE];
    digest_of("abd", other);
    assert_null(fovea_suspects_find(&suspects, 3, other));
    /* The oldest goes. */
    memcpy(suspect.digest, other, sizeof other);
    for (unsigned i = 0; i < FOVEA_SUSPECTS_MAX - 1; i++) {
        suspect.size = 100 + i;
        fovea_suspects_add(&suspects, &suspect);
    }
    assert_true(fovea_suspects_have_size(&suspects, 3));
    fovea_suspects_add(&suspects, &suspect);
    assert_false(fovea_suspects_have_size(&suspects, 3));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(shares_out_without_mixing, set_up),
        cmocka_unit_test_setup(what_is_put_back_goes_first, set_up),
        cmocka_unit_test_setup(deadlines, set_up),
        cmocka_unit_test_setup(tickets, set_up),
        cmocka_unit_test(suspects_are_known_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
