/* Names of members: what becomes of paths that lead elsewhere. */
#include "support/test.h"
#include "wire/member_name.h"

static void
made(const char *path, const char *expected)
{
    char name[FOVEA_MEMBER_NAME_BYTES + 1];
    assert_true(fovea_member_name_make(path, 7, name));
    assert_string_equal(name, expected);
    assert_true(fovea_member_name_is_safe(name));
}

static void
a_path_leads_nowhere_above(void **state)
{
    (void)state;
    made("a.jpg", "a.jpg");
    made("a/b/c.jpg", "a/b/c.jpg");
    made("./a//b/./c.jpg", "a/b/c.jpg");
    made("/etc/passwd", "etc/passwd");
    made("../../etc/passwd", "etc/passwd");
    made("a/../../b/../c.jpg", "c.jpg");
    made("a/..", "member-7");
    made("", "member-7");
    made("///", "member-7");
    made("..a/b../...", "..a/b../...");
    made("\xff\n", "\xff\n");
}

static void
a_long_path_is_cut(void **state)
{
    (void)state;
    char path[FOVEA_MEMBER_NAME_BYTES + 3];
    char name[FOVEA_MEMBER_NAME_BYTES + 1];
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    path[FOVEA_MEMBER_NAME_BYTES] = '\0';
    assert_true(fovea_member_name_make(path, 0, name));
    assert_string_equal(name, path);
    path[FOVEA_MEMBER_NAME_BYTES] = 'x';
    path[FOVEA_MEMBER_NAME_BYTES + 1] = '\0';
    assert_false(fovea_member_name_make(path, 0, name));
    assert_int_equal(strlen(name), FOVEA_MEMBER_NAME_BYTES);
    path[FOVEA_MEMBER_NAME_BYTES - 1] = '/'; /* its end has no room */
    assert_false(fovea_member_name_make(path, 0, name));
    assert_true(fovea_member_name_is_safe(name));
    for (size_t i = 1; i < sizeof path - 1; i += 2) {
        path[i] = '/';
    }
    assert_false(fovea_member_name_make(path, 0, name));
    assert_true(fovea_member_name_is_safe(name));
}

static void
what_is_not_made_is_not_safe(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "/", "/a", "a/", "a//b", "./a",
        "a/.", "..", "../a", "a/../b", "a/.." };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(fovea_member_name_is_safe(bad[i]));
    }
}

static void
a_key_goes_up_to_the_first_dot_of_the_last_part(void **state)
{
    (void)state;
    assert_int_equal(fovea_member_key_size("000/0001.seg.png"), 8);
    assert_int_equal(fovea_member_key_size("v1.0/0001.jpg"), 9);
    assert_int_equal(fovea_member_key_size("0001"), 4);
    assert_int_equal(fovea_member_key_size("a/.hidden"), 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_leads_nowhere_above),
        cmocka_unit_test(a_long_path_is_cut),
        cmocka_unit_test(what_is_not_made_is_not_safe),
        cmocka_unit_test(a_key_goes_up_to_the_first_dot_of_the_last_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
