/* Images that ended workers: remembered by their bytes, for a time. */
#include <unistd.h>

#include "pool/quarantine.h"
#include "support/test.h"
#include "sys/memfd.h"

enum {
    TIME_NS = 1000
};

static struct fovea_quarantine quarantine;

static int
set_up(void **state)
{
    (void)state;
    fovea_quarantine_init(&quarantine, TIME_NS);
    return 0;
}

static void
add(uint64_t size, int64_t since_ns)
{
    struct fovea_quarantined image = { .size = size, .since_ns = since_ns };
    fovea_quarantine_add(&quarantine, &image);
}

static void
digest_of(const char *text, const char *judge,
        char digest_out[FOVEA_SHA256_SIZE])
{
    struct fovea_error error;
    int fd = -1;
    assert_ok(fovea_memfd_from_bytes("test", text, strlen(text), &fd, &error),
            &error);
    assert_ok(fovea_quarantine_digest(fd, strlen(text), judge, digest_out,
                      &error),
            &error);
    (void)close(fd);
}

static void
the_same_bytes_are_known_again(void **state)
{
    (void)state;
    struct fovea_quarantined image = { .size = 3 };
    (void)snprintf(image.result.message, sizeof image.result.message, "guilty");
    digest_of("abc", "", image.digest);
    /* FIPS 180-2. */
    assert_memory_equal(image.digest, "ba7816bf", 8);
    assert_false(fovea_quarantine_has_size(&quarantine, 3, 0));
    fovea_quarantine_add(&quarantine, &image);
    assert_true(fovea_quarantine_has_size(&quarantine, 3, 0));
    assert_false(fovea_quarantine_has_size(&quarantine, 4, 0));
    const struct fovea_quarantined *known =
            fovea_quarantine_find(&quarantine, 3, image.digest, 0);
    assert_non_null(known);
    assert_string_equal(known->result.message, "guilty");
    assert_null(fovea_quarantine_find(&quarantine, 4, image.digest, 0));
    char other[FOVEA_SHA256_SIZE];
    digest_of("abd", "", other);
    assert_null(fovea_quarantine_find(&quarantine, 3, other, 0));
}

static void
the_oldest_goes_when_it_is_full(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FOVEA_QUARANTINE_MAX; i++) {
        add(100 + i, i);
    }
    assert_true(fovea_quarantine_has_size(&quarantine, 100, 99));
    add(7, 99);
    assert_false(fovea_quarantine_has_size(&quarantine, 100, 99));
    assert_true(fovea_quarantine_has_size(&quarantine, 101, 99));
    assert_int_equal(fovea_quarantine_count(&quarantine, 99),
            FOVEA_QUARANTINE_MAX);
}

static void
entries_end_with_their_time(void **state)
{
    (void)state;
    add(1, 0);
    add(2, 10);
    assert_int_equal(fovea_quarantine_count(&quarantine, TIME_NS - 1), 2);
    assert_int_equal(fovea_quarantine_count(&quarantine, TIME_NS), 1);
    assert_false(fovea_quarantine_has_size(&quarantine, 1, TIME_NS));
    add(2, 20); /* again: not twice, and its time begins anew */
    assert_int_equal(fovea_quarantine_count(&quarantine, TIME_NS + 10), 1);
    assert_int_equal(fovea_quarantine_count(&quarantine, TIME_NS + 20), 0);
}

static void
those_of_a_row_are_released(void **state)
{
    (void)state;
    add(1, 0);
    add(2, 10);
    add(3, 20);
    fovea_quarantine_release(&quarantine, 10);
    assert_true(fovea_quarantine_has_size(&quarantine, 1, 20));
    assert_int_equal(fovea_quarantine_count(&quarantine, 20), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_same_bytes_are_known_again, set_up),
        cmocka_unit_test_setup(the_oldest_goes_when_it_is_full, set_up),
        cmocka_unit_test_setup(entries_end_with_their_time, set_up),
        cmocka_unit_test_setup(those_of_a_row_are_released, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
