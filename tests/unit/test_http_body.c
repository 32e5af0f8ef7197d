/* Bodies grow, keep to their budget, and return it. */
#include <string.h>

#include "http/body.h"
#include "support/test.h"

static void
bytes_are_kept_in_order(void **state)
{
    (void)state;
    struct fovea_http_body_budget budget = { .max_bytes = 1 << 20 };
    struct fovea_http_body body = { 0 };
    struct fovea_error error;
    char piece[997];
    for (unsigned i = 0; i < 1000; i++) {
        memset(piece, (int)('a' + i % 26), sizeof piece);
        assert_ok(fovea_http_body_add(&body, &budget, piece, sizeof piece, 0,
                          &error),
                &error);
    }
    assert_int_equal(body.size, 1000 * sizeof piece);
    assert_int_equal(budget.used_bytes, body.size);
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(body.data[i * sizeof piece], 'a' + i % 26);
        assert_int_equal(body.data[(i + 1) * sizeof piece - 1], 'a' + i % 26);
    }
    fovea_http_body_finish(&body, &budget);
    assert_int_equal(budget.used_bytes, 0);
    fovea_http_body_finish(&body, &budget);
}

/* Memory is never taken for more than was announced. */
static void
what_is_announced_bounds_it(void **state)
{
    (void)state;
    struct fovea_http_body_budget budget = { .max_bytes = 1 << 20 };
    struct fovea_http_body body = { 0 };
    struct fovea_error error;
    static char piece[60000];
    assert_ok(fovea_http_body_add(&body, &budget, piece, sizeof piece, 100000,
                      &error),
            &error);
    assert_true(body.capacity <= 100000);
    assert_ok(fovea_http_body_add(&body, &budget, piece, 40000, 100000, &error),
            &error);
    assert_int_equal(body.capacity, 100000);
    /* Nothing is taken on trust either. */
    fovea_http_body_finish(&body, &budget);
    assert_ok(fovea_http_body_add(&body, &budget, piece, 1, UINT64_MAX, &error),
            &error);
    assert_true(body.capacity < 100000);
    fovea_http_body_finish(&body, &budget);
}

static void
all_of_them_share_a_budget(void **state)
{
    (void)state;
    struct fovea_http_body_budget budget = { .max_bytes = 100 };
    struct fovea_http_body first = { 0 };
    struct fovea_http_body second = { 0 };
    struct fovea_error error;
    static const char piece[60];
    assert_ok(fovea_http_body_add(&first, &budget, piece, 60, 0, &error),
            &error);
    assert_fails(fovea_http_body_add(&second, &budget, piece, 41, 0, &error),
            &error, FOVEA_ERR_BUSY,
            "60 bytes of the 100 that they may (--body-memory)");
    assert_int_equal(second.size, 0);
    assert_ok(fovea_http_body_add(&second, &budget, piece, 40, 0, &error),
            &error);
    fovea_http_body_finish(&first, &budget);
    assert_int_equal(budget.used_bytes, 40);
    fovea_http_body_finish(&second, &budget);
    assert_int_equal(budget.used_bytes, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_kept_in_order),
        cmocka_unit_test(what_is_announced_bounds_it),
        cmocka_unit_test(all_of_them_share_a_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
