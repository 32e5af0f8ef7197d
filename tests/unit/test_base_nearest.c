/* "Did you mean": the nearest known name, or none. */
#include "base/macros.h"
#include "base/nearest.h"
#include "support/test.h"

static const char *const names[] = { "--batch", "--model", "--threads",
    "openai/clip-vit-base-patch32", "openai/clip-vit-base-patch16" };

static const char *
nearest(const char *name)
{
    return fovea_nearest(name, names, FOVEA_ARRAY_LEN(names));
}

static void
a_slip_finds_what_was_meant(void **state)
{
    (void)state;
    assert_string_equal(nearest("--bacth"), "--batch");
    assert_string_equal(nearest("--modle"), "--model");
    assert_string_equal(nearest("--thread"), "--threads");
    assert_string_equal(nearest("openai/clip-vit-base-patch23"),
            "openai/clip-vit-base-patch32");
    assert_string_equal(nearest("clip-vit-base-patch16"),
            "openai/clip-vit-base-patch16");
}

static void
what_is_far_from_all_finds_nothing(void **state)
{
    (void)state;
    assert_null(nearest("--colour"));
    assert_null(nearest("resnet50"));
    assert_null(nearest(""));
    char *long_name = calloc(1, 5001);
    assert_non_null(long_name);
    memset(long_name, 'x', 5000);
    assert_null(nearest(long_name));
    free(long_name);
    assert_null(fovea_nearest("--batch", NULL, 0));
    /* As many letters to change as there are. */
    static const char *const brief[] = { "ps", "stop" };
    assert_null(fovea_nearest("-V", brief, FOVEA_ARRAY_LEN(brief)));
    assert_string_equal(fovea_nearest("pd", brief, FOVEA_ARRAY_LEN(brief)),
            "ps");
}

static void
names_that_are_as_near_come_together(void **state)
{
    (void)state;
    const char *near[3] = { NULL };
    assert_int_equal(fovea_nearest_few("openai/clip-vit-base-patch33", names,
                             FOVEA_ARRAY_LEN(names), near, 3),
            2);
    assert_string_equal(near[0], "openai/clip-vit-base-patch32");
    assert_string_equal(near[1], "openai/clip-vit-base-patch16");
    assert_int_equal(fovea_nearest_few("openai/clip-vit-base-patch33", names,
                             FOVEA_ARRAY_LEN(names), near, 1),
            1);
    assert_int_equal(fovea_nearest_few("--thread", names,
                             FOVEA_ARRAY_LEN(names), near, 3),
            1);
    assert_int_equal(fovea_nearest_few("resnet50", names,
                             FOVEA_ARRAY_LEN(names), near, 3),
            0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slip_finds_what_was_meant),
        cmocka_unit_test(names_that_are_as_near_come_together),
        cmocka_unit_test(what_is_far_from_all_finds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
