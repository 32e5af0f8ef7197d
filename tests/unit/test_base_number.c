/* Whole numbers: digits and nothing else, up to the largest. */
#include "base/macros.h"
#include "base/number.h"
#include "support/test.h"

static void
digits_are_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t number;
    } cases[] = { { "0", 0 }, { "007", 7 }, { "65535", 65535 },
        { "18446744073709551615", UINT64_MAX } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        uint64_t number = 1;
        assert_true(fovea_number_parse(cases[i].text, &number));
        assert_int_equal(number, cases[i].number);
    }
}

static void
nothing_else_is(void **state)
{
    (void)state;
    static const char *const cases[] = { "", " 1", "1 ", "-1", "+1", "0x10",
        "1.0", "1e3", "18446744073709551616", "99999999999999999999" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        uint64_t number = 1;
        assert_false(fovea_number_parse(cases[i], &number));
        assert_int_equal(number, 1);
    }
}

static void
a_number_ends_where_its_digits_do(void **state)
{
    (void)state;
    const char *text = "12 34max";
    uint64_t number = 0;
    assert_true(fovea_number_scan(&text, &number));
    assert_int_equal(number, 12);
    assert_string_equal(text, " 34max");
    assert_false(fovea_number_scan(&text, &number));
    text++;
    assert_true(fovea_number_scan(&text, &number));
    assert_int_equal(number, 34);
    assert_string_equal(text, "max");
    assert_false(fovea_number_scan(&text, &number));
    assert_int_equal(number, 34);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_numbers),
        cmocka_unit_test(nothing_else_is),
        cmocka_unit_test(a_number_ends_where_its_digits_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
