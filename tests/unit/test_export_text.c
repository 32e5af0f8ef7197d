/* Values as PostgreSQL's COPY takes them, names, and Thrift's numbers. */
#include "export/copy_text.h"
#include "export/thrift.h"
#include "export/valid_text.h"
#include "support/test.h"

static void
check_value(const char *string, const char *expected)
{
    struct fovea_text text = { 0 };
    fovea_text_add(&text, "", 0);
    fovea_copy_add_value(&text, string);
    assert_string_equal(text.data ? text.data : "", expected);
    fovea_text_finish(&text);
}

static void
values_are_escaped(void **state)
{
    (void)state;
    check_value("", "");
    check_value("a b", "a b");
    check_value("a\tb\nc\rd\\e", "a\\tb\\nc\\rd\\\\e");
    check_value("\b\f\v", "\\b\\f\\v");
    /* The marks of a NULL and of the end are values like others. */
    check_value("\\N", "\\\\N");
    check_value("\\.", "\\\\.");
    check_value("\xc3\xa9", "\xc3\xa9");
    check_value("a\xffz\xc3", "a\xef\xbf\xbdz\xef\xbf\xbd");
}

static void
names_are_quoted(void **state)
{
    (void)state;
    struct fovea_text text = { 0 };
    fovea_copy_add_name(&text, "my \"photos\"; DROP");
    assert_string_equal(text.data, "\"my \"\"photos\"\"; DROP\"");
    fovea_text_finish(&text);
}

static void
numbers_are_zigzag(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        const char *bytes;
        size_t size;
    } cases[] = {
        { 0, "\x00", 1 },
        { -1, "\x01", 1 },
        { 1, "\x02", 1 },
        { 63, "\x7e", 1 },
        { -64, "\x7f", 1 },
        { 64, "\x80\x01", 2 },
        { INT64_MAX, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 },
        { INT64_MIN, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_text text = { 0 };
        fovea_thrift_add_number(&text, cases[i].value);
        assert_int_equal(text.size, cases[i].size);
        assert_memory_equal(text.data, cases[i].bytes, text.size);
        fovea_text_finish(&text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_escaped),
        cmocka_unit_test(names_are_quoted),
        cmocka_unit_test(numbers_are_zigzag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
