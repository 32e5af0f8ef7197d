/* A line of JSON a result: names, errors, notes, rows. */
#include "base/error.h"
#include "bulk/input_name.h"
#include "bulk/result_line.h"
#include "support/test.h"

static void
names_that_are_not_utf8_keep_their_bytes(void **state)
{
    (void)state;
    struct fovea_text text = { 0 };
    fovea_input_name_json(&text, "a\xe9.jpg");
    assert_string_equal(text.data,
            "\"input\":\"a\xef\xbf\xbd.jpg\",\"input_hex\":\"61e92e6a7067\"");
    fovea_text_clear(&text);
    fovea_input_name_json(&text, "\xc3\xa9");
    assert_string_equal(text.data, "\"input\":\"\xc3\xa9\"");
    fovea_text_finish(&text);
}

static void
lines_say_what_came_of_an_input(void **state)
{
    (void)state;
    static const float row[] = { 0.5F, -1 };
    char path[] = "a \"b\".jpg";
    struct fovea_text text = { 0 };
    const struct fovea_entry entry = { .path = path };
    struct fovea_error good = { .code = FOVEA_OK };
    struct fovea_error bad;
    (void)fovea_fail(&bad, FOVEA_ERR_NOT_AN_IMAGE, "no image");
    const struct fovea_row_result results[] = {
        { &entry, &good, row },
        { &entry, &bad, NULL },
    };
    fovea_result_line_vector(&results[0], NULL, 2, &text);
    fovea_result_line_number(&results[0], "torchvision", 7, &text);
    fovea_note(&good, FOVEA_NOTE_DAMAGED, "half of it");
    fovea_result_line_number(&results[0], "pil", 8, &text);
    assert_string_equal(text.data,
            "{\"input\":\"a \\\"b\\\".jpg\",\"embedding\":[0.5,-1.0]}\n"
            "{\"input\":\"a \\\"b\\\".jpg\",\"pixels\":\"torchvision\",\"row\":7}\n"
            "{\"input\":\"a \\\"b\\\".jpg\",\"damaged\":true,"
            "\"note\":\"half of it\",\"pixels\":\"pil\",\"row\":8}\n");
    /* The same of a bad one, whatever the good ones' lines hold. */
    static const char expected[] =
            "{\"input\":\"a \\\"b\\\".jpg\",\"error\":{"
            "\"code\":\"not_an_image\",\"message\":\"no image\"}}\n";
    fovea_text_clear(&text);
    fovea_result_line_vector(&results[1], "pil", 2, &text);
    assert_string_equal(text.data, expected);
    fovea_text_clear(&text);
    fovea_result_line_number(&results[1], "pil", 7, &text);
    assert_string_equal(text.data, expected);
    fovea_text_finish(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_are_not_utf8_keep_their_bytes),
        cmocka_unit_test(lines_say_what_came_of_an_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
