/* Vectors are scaled to length 1, and told from what is none. */
#include <float.h>
#include <math.h>

#include "base/macros.h"
#include "base/vector.h"
#include "support/test.h"

static void
a_vector_gets_length_one(void **state)
{
    (void)state;
    float vector[] = { 3, -4, 0, 12 };
    const float wanted[] = { 3.0F / 13, -4.0F / 13, 0, 12.0F / 13 };
    assert_true(fovea_vector_square(vector, 4) == 169);
    assert_true(fovea_vector_normalise(vector, 4));
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(vector); i++) {
        assert_true(fabsf(vector[i] - wanted[i]) <= FLT_EPSILON);
    }
}

static void
large_and_small_numbers_keep_their_direction(void **state)
{
    (void)state;
    static const float sizes[] = { FLT_MAX, FLT_MIN, FLT_TRUE_MIN };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(sizes); i++) {
        float vector[] = { sizes[i], 0, -sizes[i] };
        assert_true(fovea_vector_is_finite(vector, 3));
        assert_true(fovea_vector_normalise(vector, 3));
        assert_true(fabs((double)vector[0] - sqrt(0.5)) < 1e-7);
        assert_true(vector[2] == -vector[0]);
    }
}

static void
what_has_no_length_is_left_alone(void **state)
{
    (void)state;
    float zeros[] = { 0, -0.0F, 0 };
    assert_true(fovea_vector_is_finite(zeros, 3));
    assert_false(fovea_vector_normalise(zeros, 3));
    assert_true(signbit(zeros[1]));
    const float wrong[] = { NAN, INFINITY, -INFINITY };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(wrong); i++) {
        float vector[] = { 1, 2, wrong[i] };
        assert_false(fovea_vector_is_finite(vector, 3));
        assert_false(fovea_vector_normalise(vector, 3));
        assert_true(vector[0] == 1 && vector[1] == 2);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vector_gets_length_one),
        cmocka_unit_test(large_and_small_numbers_keep_their_direction),
        cmocka_unit_test(what_has_no_length_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
