/* A line of JSON a result: names, errors, notes, rows. */
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/macros.h"
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

static void
texts_say_what_they_are(void **state)
{
    (void)state;
    static const float row[] = { 0.5F };
    char words[] = "a \"red\"\0 \xff\nline";
    struct fovea_text text = { 0 };
    struct fovea_entry entry = { .path = words,
        .is_text = true,
        .size = sizeof words - 1 };
    struct fovea_error good = { .code = FOVEA_OK };
    const struct fovea_row_result result = { &entry, &good, row };
    /* No pixels were made of it. */
    fovea_result_line_vector(&result, "pil", 1, &text);
    fovea_note(&good, FOVEA_NOTE_TRUNCATED, "cut");
    fovea_result_line_number(&result, "pil", 3, &text);
    assert_string_equal(text.data,
            "{\"text\":\"a \\\"red\\\"\\u0000 \xef\xbf\xbd\\nline\","
            "\"embedding\":[0.5]}\n"
            "{\"text\":\"a \\\"red\\\"\\u0000 \xef\xbf\xbd\\nline\","
            "\"truncated\":true,\"note\":\"cut\",\"row\":3}\n");
    fovea_text_clear(&text);
    fovea_entry_words(&text, &entry);
    assert_string_equal(text.data, "\"a \"red\"? ??line\"");
    fovea_text_clear(&text);
    entry.list = "texts.txt";
    entry.line = 7;
    fovea_entry_words(&text, &entry);
    assert_string_equal(text.data, "texts.txt:7: \"a \"red\"? ??line\"");
    fovea_text_finish(&text);
}

static void
long_texts_are_shown_by_their_beginning(void **state)
{
    (void)state;
    /* The cut would be inside the last character that is shown. */
    static char words[FOVEA_TEXT_SHOWN + 10];
    struct fovea_text text = { 0 };
    struct fovea_text expected = { 0 };
    memset(words, 'a', sizeof words - 1);
    memcpy(words + FOVEA_TEXT_SHOWN - 1, "\xe2\x82\xac", 3);
    struct fovea_entry entry = { .path = words,
        .is_text = true,
        .size = FOVEA_TEXT_SHOWN };
    entry.size = sizeof words - 1;
    fovea_entry_json(&text, &entry);
    fovea_text_format(&expected, "\"text\":\"%.*s\",\"text_bytes\":%zu",
            FOVEA_TEXT_SHOWN - 1, words, sizeof words - 1);
    assert_string_equal(text.data, expected.data);
    fovea_text_clear(&text);
    fovea_entry_words(&text, &entry);
    assert_true(text.size < 80);
    assert_non_null(strstr(text.data, "aaa...\""));
    fovea_text_finish(&text);
    fovea_text_finish(&expected);
}

static void
files_that_begin_with_a_text_are_known(void **state)
{
    (void)state;
    static char words[2 * FOVEA_TEXT_SHOWN]; /* all escapes */
    char path[] = "/tmp/fovea-line-XXXXXX";
    struct fovea_text text = { 0 };
    const struct fovea_error good = { .code = FOVEA_OK };
    static const struct {
        size_t size;
        const char *more;
        bool is_ours;
    } cases[] = { { 0, "", true }, { 3, "", true },
        { FOVEA_TEXT_SHOWN, "", true }, { sizeof words - 1, "", true },
        { 3, " ", false } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        const struct fovea_entry entry = { .path = words,
            .is_text = true,
            .size = cases[i].size };
        const struct fovea_row_result result = { &entry, &good, NULL };
        fovea_text_clear(&text);
        fovea_text_format(&text, "%s", cases[i].more);
        fovea_result_line_number(&result, NULL, 1, &text);
        (void)snprintf(path, sizeof path, "/tmp/fovea-line-XXXXXX");
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text.data, text.size), text.size);
        (void)close(fd);
        assert_int_equal(fovea_result_line_is_first(path), cases[i].is_ours);
        (void)unlink(path);
    }
    fovea_text_finish(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_are_not_utf8_keep_their_bytes),
        cmocka_unit_test(lines_say_what_came_of_an_input),
        cmocka_unit_test(texts_say_what_they_are),
        cmocka_unit_test(long_texts_are_shown_by_their_beginning),
        cmocka_unit_test(files_that_begin_with_a_text_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
