/* The status table: pinned values, unique names, sensible mappings. */
#include <errno.h>

#include "base/error.h"
#include "support/test.h"

struct row {
    const char *name;
    int value;
    int http;
    int exit_code;
};

static const struct row rows[] = {
#define X(enumerator, value, name, text, http, exit, retry) \
    { name, value, http, exit },
#include "fovea/status.def"
#undef X
};

static void
every_row_is_found_by_its_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        enum fovea_status status = (enum fovea_status)rows[i].value;
        assert_string_equal(fovea_status_name(status), rows[i].name);
        assert_int_equal(fovea_status_http(status), rows[i].http);
        assert_int_equal(fovea_status_exit_code(status), rows[i].exit_code);
        assert_true(strlen(fovea_status_text(status)) > 0);
    }
}

static void
values_and_names_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        for (size_t k = i + 1; k < FOVEA_ARRAY_LEN(rows); k++) {
            assert_int_not_equal(rows[i].value, rows[k].value);
            assert_string_not_equal(rows[i].name, rows[k].name);
        }
    }
}

/* Other programs store these: a change here breaks them. */
static void
values_are_pinned(void **state)
{
    (void)state;
    assert_int_equal(FOVEA_OK, 0);
    assert_int_equal(FOVEA_ERR_ARGUMENT, 100);
    assert_int_equal(FOVEA_ERR_BASE64, 102);
    assert_int_equal(FOVEA_ERR_TEXT_UNSUPPORTED, 113);
    assert_int_equal(FOVEA_ERR_TEXT_TOO_LARGE, 114);
    assert_int_equal(FOVEA_ERR_TEXT_ENCODING, 115);
    assert_int_equal(FOVEA_ERR_TEXT_TRUNCATED, 116);
    assert_int_equal(FOVEA_ERR_NOT_AN_IMAGE, 200);
    assert_int_equal(FOVEA_ERR_IMAGE_TRUNCATED, 201);
    assert_string_equal(fovea_status_name((enum fovea_status)207), "unknown");
    assert_int_equal(FOVEA_ERR_NO_MEMORY, 300);
    assert_int_equal(FOVEA_ERR_MODEL_UNSUPPORTED, 313);
    assert_int_equal(FOVEA_ERR_TOKENIZER_UNSUPPORTED, 314);
    assert_int_equal(FOVEA_ERR_TOKENIZER_INVALID, 315);
    assert_int_equal(FOVEA_ERR_INDEX_MODEL, 117);
    assert_int_equal(FOVEA_ERR_INDEX_READ_ONLY, 119);
    assert_int_equal(FOVEA_ERR_INDEX_NOT_FOUND, 309);
    assert_int_equal(FOVEA_ERR_INDEX_BUSY, 316);
    assert_int_equal(FOVEA_ERR_DISK_FULL, 320);
    assert_int_equal(FOVEA_ERR_ARCHIVE, 330);
    assert_int_equal(FOVEA_ERR_ARCHIVE_CHANGED, 333);
    assert_int_equal(FOVEA_ERR_SHARDS_DIFFER, 340);
    assert_int_equal(FOVEA_ERR_SHARD_FAILED, 343);
    assert_int_equal(FOVEA_ERR_OBJECT_STORE, 508);
    assert_int_equal(FOVEA_ERR_OBJECT_CHANGED, 511);
    assert_int_equal(FOVEA_ERR_QUEUE, 600);
    assert_int_equal(FOVEA_ERR_JOB_DIFFERS, 605);
    assert_int_equal(FOVEA_ERR_INTERNAL, 900);
}

static void
a_value_outside_the_table_is_an_unknown_failure(void **state)
{
    (void)state;
    enum fovea_status status = (enum fovea_status)12345;
    assert_string_equal(fovea_status_name(status), "unknown");
    assert_int_equal(fovea_status_http(status), 500);
    assert_int_equal(fovea_status_exit_code(status), 1);
    assert_false(fovea_status_retryable(status));
}

static void
a_long_message_is_cut_not_overrun(void **state)
{
    (void)state;
    struct fovea_error error;
    char text[1000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    fovea_fail_errno(&error, FOVEA_ERR_IO, 2, "%s", text);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
    assert_int_equal(error.sys_errno, 2);
    fovea_error_prefix(&error, "while %s", text);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
}

static void
a_prefix_keeps_code_and_message(void **state)
{
    (void)state;
    struct fovea_error error;
    enum fovea_status status =
            fovea_fail(&error, FOVEA_ERR_BASE64, "bad %d", 7);
    fovea_error_prefix(&error, "item %d", 3);
    assert_int_equal(status, FOVEA_ERR_BASE64);
    assert_int_equal(error.code, FOVEA_ERR_BASE64);
    assert_string_equal(error.message, "item 3: bad 7");
    assert_int_equal(fovea_fail(NULL, FOVEA_ERR_IO, "nowhere"), FOVEA_ERR_IO);
    fovea_error_prefix(NULL, "nothing");
}

/* Bindings read them as UTF-8, logs line by line. */
static void
a_message_is_one_line_of_text(void **state)
{
    (void)state;
    struct fovea_error error;
    (void)fovea_fail(&error, FOVEA_ERR_IO, "%s", "a\nb \xff \xc3\xa4 \x1b[2J");
    assert_string_equal(error.message, "a?b ? \xc3\xa4 ?[2J");
    (void)fovea_fail_errno(&error, FOVEA_ERR_IO, ENOENT, "%s", "a\nb");
    assert_string_equal(error.message, "a?b: No such file or directory");
    fovea_error_prefix(&error, "%s", "x\ty");
    assert_string_equal(error.message, "x?y: a?b: No such file or directory");
    fovea_error_clear(&error);
    fovea_note(&error, FOVEA_NOTE_DAMAGED, "%s", "a\r\nb");
    assert_string_equal(error.message, "a??b");
}

static void
why_is_said_however_long_the_name_is(void **state)
{
    (void)state;
    struct fovea_error error;
    char name[2 * FOVEA_ERROR_MESSAGE_SIZE];
    for (size_t n = 0; n < sizeof name; n++) {
        memset(name, 'x', n);
        name[n] = '\0';
        (void)fovea_fail_errno(&error, FOVEA_ERR_IO, ENOENT, "%s", name);
        static const char why[] = ": No such file or directory";
        assert_string_equal(
                error.message + strlen(error.message) - (sizeof why - 1), why);
        (void)fovea_fail(&error, FOVEA_ERR_IO, "why");
        fovea_error_prefix(&error, "%s", name);
        assert_string_equal(error.message + strlen(error.message) - 5, ": why");
        (void)fovea_fail(&error, FOVEA_ERR_IO, "%s", name);
        fovea_error_prefix(&error, "item");
        assert_memory_equal(error.message, "item: ", 6);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_found_by_its_value),
        cmocka_unit_test(values_and_names_are_unique),
        cmocka_unit_test(values_are_pinned),
        cmocka_unit_test(a_value_outside_the_table_is_an_unknown_failure),
        cmocka_unit_test(a_long_message_is_cut_not_overrun),
        cmocka_unit_test(a_prefix_keeps_code_and_message),
        cmocka_unit_test(a_message_is_one_line_of_text),
        cmocka_unit_test(why_is_said_however_long_the_name_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
