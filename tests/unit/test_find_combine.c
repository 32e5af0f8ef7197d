/* Queries of several vectors. */
#include <math.h>

#include "find/combine.h"
#include "support/test.h"

static struct fovea_error error;

static void
one_vector_stays_as_it_is(void **state)
{
    (void)state;
    const float vector[] = { 0.6F, -0.8F, 1e-20F };
    const float plus = 1;
    float query[3];
    assert_ok(fovea_query_combine(vector, &plus, 1, 3, query, &error), &error);
    assert_memory_equal(query, vector, sizeof vector);
}

static void
lengths_do_not_count(void **state)
{
    (void)state;
    const float vectors[] = { 3, 0, 0, 0, 1e-20F, 0, 0, 0, 1e20F };
    const float weights[] = { 1, 1, -1 };
    float query[3];
    assert_ok(fovea_query_combine(vectors, weights, 3, 3, query, &error),
            &error);
    for (size_t i = 0; i < 3; i++) {
        assert_float_equal(query[i], (i < 2 ? 1 : -1) / sqrtf(3), 1e-7);
    }
}

static void
what_has_no_direction_is_refused(void **state)
{
    (void)state;
    const float vectors[] = { 1, 2, 2, 4, 8, 8, 0, 0, 0, NAN, 1, 1 };
    const float minus[] = { 1, -1, 1 };
    float query[3] = { 7, 7, 7 };
    assert_fails(fovea_query_combine(vectors, minus, 2, 3, query, &error),
            &error, FOVEA_ERR_ARGUMENT, "nothing is left");
    assert_fails(fovea_query_combine(vectors + 6, minus, 1, 3, query, &error),
            &error, FOVEA_ERR_ARGUMENT, "query 1 of 1");
    assert_fails(fovea_query_combine(vectors + 3, minus, 3, 3, query, &error),
            &error, FOVEA_ERR_ARGUMENT, "query 2 of 3");
    assert_fails(fovea_query_combine(vectors + 9, minus, 1, 3, query, &error),
            &error, FOVEA_ERR_ARGUMENT, "not finite");
    assert_float_equal(query[0], 7, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_vector_stays_as_it_is),
        cmocka_unit_test(lengths_do_not_count),
        cmocka_unit_test(what_has_no_direction_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
