/* --include and --exclude: names, paths, directories, case. */
#include "bulk/filter.h"
#include "support/test.h"

/* Lists end in NULL. */
static void
assert_takes(const char **include, const char **exclude, const char *path,
        bool expected)
{
    struct fovea_filter filter = { .include = { include, 0 },
        .exclude = { exclude, 0 } };
    while (include[filter.include.n]) {
        filter.include.n++;
    }
    while (exclude[filter.exclude.n]) {
        filter.exclude.n++;
    }
    if (fovea_filter_takes(&filter, path) != expected) {
        fail_msg("%s is %s", path, expected ? "left out" : "taken");
    }
}

static const char *none[] = { NULL };

static void
everything_counts_without_patterns(void **state)
{
    (void)state;
    assert_takes(none, none, "a/b.jpg", true);
    assert_takes(none, none, "a/", true);
}

static void
a_pattern_without_a_slash_is_about_the_name(void **state)
{
    (void)state;
    const char *jpeg[] = { "*.jpg", "*.jp[ef]g", NULL };
    assert_takes(jpeg, none, "a.jpg", true);
    assert_takes(jpeg, none, "a/b/c.JPG", true);
    assert_takes(jpeg, none, "a.jpeg", true);
    assert_takes(jpeg, none, "a.jpg/b.png", false);
    assert_takes(jpeg, none, "a.jpgx", false);
    assert_takes(none, jpeg, "a/b.Jpg", false);
    assert_takes(none, jpeg, "a/b.png", true);
    const char *one[] = { "IMG_????.*", NULL };
    assert_takes(one, none, "img_0001.heic", true);
    assert_takes(one, none, "img_00001.heic", false);
}

static void
a_pattern_with_a_slash_is_about_the_path(void **state)
{
    (void)state;
    const char *deep[] = { "2024/*", NULL };
    assert_takes(deep, none, "2024/a.jpg", true);
    assert_takes(deep, none, "2024/may/a.jpg", true);
    assert_takes(deep, none, "x/2024/a.jpg", false);
    assert_takes(none, deep, "2024/may/", false);
    assert_takes(none, deep, "2024/", true);
}

static void
directories_are_only_left_out_by_exclude(void **state)
{
    (void)state;
    const char *jpeg[] = { "*.jpg", NULL };
    const char *raw[] = { "raw", NULL };
    const char *raw_directory[] = { "raw/", "a/b/", NULL };
    assert_takes(jpeg, none, "anything/", true);
    assert_takes(none, raw, "raw/", false);
    assert_takes(none, raw, "x/raw/", false);
    assert_takes(none, raw, "raw", false);
    assert_takes(none, raw_directory, "x/raw/", false);
    assert_takes(none, raw_directory, "x/raw", true);
    assert_takes(none, raw_directory, "a/b/", false);
    assert_takes(none, raw_directory, "x/a/b/", true);
}

static void
exclude_goes_before_include(void **state)
{
    (void)state;
    const char *all[] = { "*", NULL };
    const char *thumbs[] = { "thumb*", "*.tmp", NULL };
    assert_takes(all, thumbs, "thumb1.jpg", false);
    assert_takes(all, thumbs, "b.tmp", false);
    assert_takes(all, thumbs, "b.jpg", true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_counts_without_patterns),
        cmocka_unit_test(a_pattern_without_a_slash_is_about_the_name),
        cmocka_unit_test(a_pattern_with_a_slash_is_about_the_path),
        cmocka_unit_test(directories_are_only_left_out_by_exclude),
        cmocka_unit_test(exclude_goes_before_include),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
