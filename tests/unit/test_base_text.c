/* JSON text, byte by byte. */
#include <float.h>
#include <math.h>

#include "base/macros.h"
#include "base/text.h"
#include "base/utf8.h"
#include "support/test.h"

static void
strings_are_valid_json_whatever_they_hold(void **state)
{
    (void)state;
    static const struct {
        const char *raw;
        const char *json;
    } cases[] = {
        { "", "\"\"" }, { "a b.jpg", "\"a b.jpg\"" },
        { "\"\\/", "\"\\\"\\\\/\"" },
        { "a\n\r\t\x01\x7f", "\"a\\n\\r\\t\\u0001\\u007f\"" },
        { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
                "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
        { "\xff", "\"\xef\xbf\xbd\"" }, { "\xc3(", "\"\xef\xbf\xbd(\"" },
        { "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"" }, /* overlong */
        { "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "\xf4\x90\x80\x80",
                "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "a\xe2\x82", "\"a\xef\xbf\xbd\xef\xbf\xbd\"" }, /* cut */
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_text text = { 0 };
        fovea_text_json_string(&text, cases[i].raw);
        assert_false(fovea_text_failed(&text));
        assert_string_equal(text.data, cases[i].json);
        fovea_text_finish(&text);
    }
}

/* An 8-bit terminal takes U+009B for ESC [. */
static void
terminals_get_no_commands(void **state)
{
    (void)state;
    static const struct {
        const char *raw;
        const char *shown;
    } cases[] = {
        { "caf\xc3\xa9 \xe7\x8c\xab", "caf\xc3\xa9 \xe7\x8c\xab" },
        { "\x1b[2J\x7f\n", "?[2J??" },
        { "\xc2\x9b"
          "2J",
                "??2J" },
        { "\x9b"
          "2J",
                "?2J" },
        { "a\xe2\x80\xae"
          "b",
                "a???b" },
        { "a\xe2\x80\xa8"
          "b",
                "a???b" },
    };
    struct fovea_text text = { 0 };
    fovea_text_printable(&text, "");
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        fovea_text_clear(&text);
        fovea_text_format(&text, "\n");
        fovea_text_printable(&text, cases[i].raw);
        assert_false(fovea_text_failed(&text));
        assert_string_equal(text.data + 1, cases[i].shown);
    }
    fovea_text_finish(&text);
}

static const char *
print(struct fovea_text *text, float value)
{
    fovea_text_clear(text);
    fovea_text_json_float(text, value);
    return text->data;
}

static void
floats_are_short(void **state)
{
    (void)state;
    static const struct {
        float value;
        const char *json;
    } cases[] = {
        { 0.0F, "0" },
        { 1.0F, "1.0" },
        { -0.5F, "-0.5" },
        { 0.1F, "0.1" },
        { 0.0123F, "0.0123" },
        { -0.00098765F, "-0.00098765" },
        { 1.0F / 3, "0.33333334" },
        { 123456.79F, "123456.79" },
        { 1e-7F, "1e-07" },
        { 1e20F, "1e+20" },
        { 1.17549435e-38F, "1.1754944e-38" },
        { INFINITY, "null" },
        { NAN, "null" },
    };
    struct fovea_text text = { 0 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        assert_string_equal(print(&text, cases[i].value), cases[i].json);
    }
    fovea_text_finish(&text);
}

/* Digits of the shortest %g that reads back: none may be written with more. */
static size_t
fewest_digits(float value)
{
    char line[32];
    for (int n = 1; n < 9; n++) {
        (void)snprintf(line, sizeof line, "%.*g", n, (double)value);
        if (strtof(line, NULL) == value) {
            return (size_t)n;
        }
    }
    return 9;
}

static size_t
count_digits(const char *number)
{
    number += *number == '-';
    number += strspn(number, "0.");
    size_t n = 0;
    for (; *number && *number != 'e'; number++) {
        n += *number != '.';
    }
    return n;
}

static void
floats_read_back(void **state)
{
    (void)state;
    struct fovea_text text = { 0 };
    uint32_t bits = 12345;
    for (int i = 0; i < 200000; i++) {
        bits = bits * 1664525U + 1013904223U;
        /* Most of an embedding's values, and a few of any size. */
        uint32_t pattern =
                i % 8 ? 0x38000000U + (bits >> 5) % 0x07800000U : bits;
        float value;
        memcpy(&value, &pattern, sizeof value);
        if (!isfinite(value)) {
            continue;
        }
        const char *json = print(&text, value);
        if (strtof(json, NULL) != value) {
            fail_msg("%s is not %.9g", json, (double)value);
        }
        if (i % 8 && count_digits(json) > fewest_digits(value)) {
            fail_msg("%s is longer than need be", json);
        }
    }
    fovea_text_finish(&text);
}

static void
lines_are_plain(void **state)
{
    (void)state;
    static const struct {
        const char *raw;
        const char *plain;
    } lines[] = {
        { "", "" },
        { "plain, \xc3\xa4 and \xe2\x82\xac",
                "plain, \xc3\xa4 and \xe2\x82\xac" },
        { "a\nb\tc\x1b[2J\x7f", "a?b?c?[2J?" },
        { "\xc2\x9b"
          "2J",
                "??2J" }, /* CSI in one character */
        { "\xe2\x80\xae"
          "txt",
                "???txt" }, /* right to left */
        { "\xe2\x81\xa6x\xe2\x80\xa8", "???x???" },
        { "\xff\xc3", "??" }, /* not UTF-8, cut off */
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "%s", lines[i].raw);
        fovea_utf8_make_line(text);
        assert_string_equal(text, lines[i].plain);
    }
}

static void
memory_that_cannot_be_had_is_remembered(void **state)
{
    (void)state;
    struct fovea_text text = { .size = SIZE_MAX - 4 };
    fovea_text_add(&text, "12345678", 8);
    assert_true(fovea_text_failed(&text));
    fovea_text_clear(&text);
    assert_false(fovea_text_failed(&text));
    fovea_text_add(&text, "a", 1);
    assert_string_equal(text.data, "a");
    fovea_text_finish(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_valid_json_whatever_they_hold),
        cmocka_unit_test(lines_are_plain),
        cmocka_unit_test(terminals_get_no_commands),
        cmocka_unit_test(floats_are_short),
        cmocka_unit_test(floats_read_back),
        cmocka_unit_test(memory_that_cannot_be_had_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
