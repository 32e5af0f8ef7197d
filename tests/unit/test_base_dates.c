/* Ranges of dates. */
#include <time.h>

#include "base/dates.h"
#include "support/test.h"

static struct fovea_error error;

static void
assert_date(const char *text, int64_t first, int64_t last)
{
    int64_t got_first = 0;
    int64_t got_last = 0;
    assert_true(fovea_date_parse(text, &got_first, &got_last));
    assert_int_equal(got_first, first);
    assert_int_equal(got_last, last);
}

static void
a_date_is_all_that_begins_so(void **state)
{
    (void)state;
    assert_date("1970", 0, 365 * 86400 - 1);
    assert_date("1970-01", 0, 31 * 86400 - 1);
    assert_date("1970-01-02", 86400, 2 * 86400 - 1);
    assert_date("1970-01-02T03", 86400 + 3 * 3600, 86400 + 4 * 3600 - 1);
    assert_date("1970-01-02 03:04", 86400 + 3 * 3600 + 240,
            86400 + 3 * 3600 + 299);
    assert_date("2024-02-29T23:59:59", 1709251199, 1709251199);
    assert_date("2000-02", 949363200, 951868799);
    assert_date("1969", -365 * 86400, -1);
    assert_date("2100-02", 4105123200, 4107542399); /* no leap year */
}

static void
what_is_no_date_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "24", "02024", "2024-", "2024-13",
        "2024-00", "2024-02-30", "2023-02-29", "2024-5-1", "2024-05-01T24",
        "2024-05-01T1", "2024-05-01T10:60", "2024-05-01T10:10:60", "2024/05",
        "2024-05-01T10:10:10Z", "yesterday", "-2024", " 2024", "2024 " };
    int64_t first = 77;
    int64_t last = 78;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (fovea_date_parse(bad[i], &first, &last)) {
            fail_msg("\"%s\" is taken for a date", bad[i]);
        }
    }
    assert_int_equal(first, 77);
    assert_int_equal(last, 78);
}

static void
ranges_include_both_ends(void **state)
{
    (void)state;
    struct fovea_date_range range;
    assert_ok(fovea_date_range_parse("2024-05-17", "--since", "2024-05",
                      "--until", &range, &error),
            &error);
    int64_t first = 0;
    int64_t last = 0;
    assert_true(fovea_date_parse("2024-05-17", &first, &last));
    assert_true(fovea_date_range_has(&range, true, first, 0));
    assert_false(fovea_date_range_has(&range, true, first - 1, 0));
    assert_true(fovea_date_parse("2024-05-31T23:59:59", &first, &last));
    assert_true(fovea_date_range_has(&range, true, last, 0));
    assert_false(fovea_date_range_has(&range, true, last + 1, 0));
    assert_ok(fovea_date_range_parse(NULL, "", NULL, "", &range, &error),
            &error);
    assert_true(fovea_date_range_has(&range, false, 0, INT64_MIN));
    assert_fails(fovea_date_range_parse("2024-06", "since", "2024-05", "until",
                         &range, &error),
            &error, FOVEA_ERR_ARGUMENT,
            "until 2024-05 is before since 2024-06");
    assert_fails(
            fovea_date_range_parse("soon", "--since", NULL, "", &range, &error),
            &error, FOVEA_ERR_ARGUMENT, "--since soon: is no date");
}

/* A file's time is compared in this machine's zone, a camera's as it stands. */
static void
files_have_the_days_of_the_time_zone(void **state)
{
    (void)state;
    struct fovea_date_range range;
    char text[32];
    const int64_t second = INT64_C(1000000000);
    assert_int_equal(setenv("TZ", "XXX-5", 1), 0); /* five hours east */
    tzset();
    assert_ok(fovea_date_range_parse("1970-01-03", "", "1970-01-03", "", &range,
                      &error),
            &error);
    int64_t begins = 2 * 86400 - 5 * 3600;
    assert_true(fovea_date_range_has(&range, false, 0, begins * second));
    assert_false(fovea_date_range_has(&range, false, 0, begins * second - 1));
    assert_true(fovea_date_range_has(&range, false, 0,
            (begins + 86400) * second - 1));
    assert_false(
            fovea_date_range_has(&range, false, 0, (begins + 86400) * second));
    assert_false(fovea_date_range_has(&range, true, begins, begins * second));
    fovea_date_format(false, 0, begins * second, text, sizeof text);
    assert_string_equal(text, "1970-01-03 00:00");
    fovea_date_format(true, begins, 0, text, sizeof text);
    assert_string_equal(text, "1970-01-02 19:00");
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_is_all_that_begins_so),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(ranges_include_both_ends),
        cmocka_unit_test(files_have_the_days_of_the_time_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
