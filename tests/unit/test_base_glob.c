/* Patterns of paths. */
#include <string.h>

#include "base/glob.h"
#include "support/test.h"

static void
names_paths_and_folders_match(void **state)
{
    (void)state;
    assert_true(fovea_glob_matches("*.JPG", "a/b.jpg", false));
    assert_true(fovea_glob_matches("a/*.jpg", "a/b/c.jpg", false));
    assert_false(fovea_glob_matches("a/*.jpg", "b/a/c.jpg", false));
    assert_false(fovea_glob_matches("b/", "a/b", false));
    assert_true(fovea_glob_matches("b/", "a/b", true));
    assert_false(fovea_glob_matches("/", "a", true));
}

static void
what_is_in_a_folder_is_covered(void **state)
{
    (void)state;
    assert_true(fovea_glob_covers("trips/", "2024/trips/a/b.jpg"));
    assert_true(fovea_glob_covers("2024/tr*/", "2024/trips/a/b.jpg"));
    assert_true(fovea_glob_covers("b.jpg", "2024/trips/a/b.jpg"));
    assert_true(fovea_glob_covers("/home/*/b.jpg", "/home/u/b.jpg"));
    assert_true(fovea_glob_covers("/home/u/", "/home/u/b.jpg"));
    assert_false(fovea_glob_covers("trips/", "2024/trips"));
    assert_false(fovea_glob_covers("trips/", "2024/strips/b.jpg"));
    assert_false(fovea_glob_covers("trips/", ""));
}

static void
a_path_of_any_length_is_taken(void **state)
{
    (void)state;
    char path[3 * 4096];
    memset(path, 'a', sizeof path);
    path[1] = '/';
    path[sizeof path - 1] = '\0';
    assert_false(fovea_glob_covers("b/", path));
    assert_true(fovea_glob_covers("a/*", path));
    path[sizeof path - 1] = 'a';
    memset(path, '/', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_false(fovea_glob_covers("b/", path));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_paths_and_folders_match),
        cmocka_unit_test(what_is_in_a_folder_is_covered),
        cmocka_unit_test(a_path_of_any_length_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
