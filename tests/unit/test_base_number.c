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

static void
fractions_are_decimal(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double number;
    } good[] = { { "0", 0 }, { "0.730", 0.73 }, { ".5", 0.5 }, { "1.", 1 },
        { "-0.25", -0.25 }, { "-1", -1 },
        { "123456789.123456789", 123456789.123456789 } };
    static const char *const bad[] = { "", ".", "-", "-.", "0,5", "1e3", " 1",
        "1 ", "0x1", "nan", "inf", "--1", "+1", "1.2.3",
        "1234567890123456789" };
    double number = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(fovea_number_fraction(bad[i], &number));
        assert_float_equal(number, 7, 0);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(fovea_number_fraction(good[i].text, &number));
        assert_float_equal(number, good[i].number, 1e-15);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_numbers),
        cmocka_unit_test(nothing_else_is),
        cmocka_unit_test(a_number_ends_where_its_digits_do),
        cmocka_unit_test(fractions_are_decimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
