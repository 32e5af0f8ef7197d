/* Profile files: what counts of them, and what is said of odd ones. */
#include "base/macros.h"
#include "s3/profile.h"
#include "support/test.h"

static enum fovea_status
parse(const char *text, bool is_config, const char *name,
        struct fovea_profile *profile, struct fovea_error *err)
{
    *profile = (struct fovea_profile){ .is_there = false };
    return fovea_profile_parse(text, strlen(text), name, is_config, "FILE",
            profile, err);
}

static void
a_section_is_a_profile(void **state)
{
    (void)state;
    static const char text[] = "\xef\xbb\xbf# all\r\n\r\n[default]\r\n"
                               "aws_access_key_id = A\r\n"
                               "; not aws_secret_access_key = x\n"
                               " \t\n"
                               "[ two ]  # comment\n"
                               "aws_access_key_id=B==\n"
                               "aws_secret_access_key\t=\tS+/=\t\n"
                               "aws_session_token = T\n"
                               "region = eu-1\n"
                               "endpoint_url = http://h\n"
                               "other = a = b\n"
                               "s3 =\n"
                               "  endpoint_url = nested\n"
                               "[two]\n"
                               "aws_access_key_id = C";
    struct fovea_error error;
    struct fovea_profile profile;
    assert_ok(parse(text, false, "two", &profile, &error), &error);
    assert_true(profile.is_there);
    assert_string_equal(profile.access_key, "B=="); /* the first counts */
    assert_string_equal(profile.secret, "S+/=");
    assert_string_equal(profile.session_token, "T");
    assert_string_equal(profile.region, "eu-1");
    assert_string_equal(profile.endpoint, "http://h");
    assert_ok(parse(text, false, "default", &profile, &error), &error);
    assert_string_equal(profile.access_key, "A");
    assert_string_equal(profile.secret, "");
    assert_ok(parse(text, false, "three", &profile, &error), &error);
    assert_false(profile.is_there);
}

static void
a_configuration_says_profile(void **state)
{
    (void)state;
    static const char text[] = "[one]\nregion = wrong\n"
                               "[profile  one]\nregion = right\n"
                               "role_arn = arn:x\n"
                               "[profilex]\nregion = no\n"
                               "[default]\nregion = d\n"
                               "[sso-session s]\nregion = no\n";
    struct fovea_error error;
    struct fovea_profile profile;
    assert_ok(parse(text, true, "one", &profile, &error), &error);
    assert_string_equal(profile.region, "right");
    assert_string_equal(profile.other_way, "role_arn");
    assert_ok(parse(text, true, "default", &profile, &error), &error);
    assert_string_equal(profile.region, "d");
}

static void
odd_lines_are_told_by_their_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *part;
    } cases[] = {
        { "a = b\n", "line 1: before the first" },
        { "[default\n", "line 1: a section without" },
        { "[default] x\n", "line 1: a section without" },
        { "\n[default]\nSECRET\n", "line 3: neither" },
        { "[default]\naws_access_key_id =\n", "line 2: aws_access_key_id is" },
        { "[default]\naws_secret_access_key = SEC RET\n",
                "line 2: aws_secret_access_key is" },
        { "[default]\naws_secret_access_key = SECRET\x01\n", "odd characters" },
        { "[default]\nregion = "
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
                "line 2: region has more than 63" },
    };
    struct fovea_error error;
    struct fovea_profile profile;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        assert_fails(parse(cases[i].text, false, "default", &profile, &error),
                &error, FOVEA_ERR_OBJECT_STORE_CREDENTIALS, cases[i].part);
        assert_non_null(strstr(error.message, "FILE"));
        assert_null(strstr(error.message, "SEC"));
    }
    /* Of another profile's section nobody cares. */
    assert_ok(parse("[other]\nregion =\n", false, "default", &profile, &error),
            &error);
    static const char nul[] = "[default]\nregion = a\0b\n";
    profile = (struct fovea_profile){ .is_there = false };
    assert_fails(fovea_profile_parse(nul, sizeof nul - 1, "default", false,
                         "FILE", &profile, &error),
            &error, FOVEA_ERR_OBJECT_STORE_CREDENTIALS, "line 2: a NUL");
    char *line = malloc(40000);
    assert_non_null(line);
    memset(line, 'x', 40000);
    assert_fails(fovea_profile_parse(line, 40000, "default", false, "FILE",
                         &profile, &error),
            &error, FOVEA_ERR_OBJECT_STORE_CREDENTIALS, "longer");
    free(line);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_section_is_a_profile),
        cmocka_unit_test(a_configuration_says_profile),
        cmocka_unit_test(odd_lines_are_told_by_their_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
