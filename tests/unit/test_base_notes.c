/* Notes: the table, how they gather in a record, how they are written down. */
#include "base/error.h"
#include "base/notes.h"
#include "support/test.h"

static void
bits_are_counted_up_and_names_are_unique(void **state)
{
    (void)state;
    static const enum fovea_note notes[] = {
#define X(name, bit, string, text) FOVEA_NOTE_##name,
#include "fovea/note.def"
#undef X
    };
    assert_int_equal(FOVEA_ARRAY_LEN(notes), FOVEA_N_NOTES);
    for (unsigned i = 0; i < FOVEA_N_NOTES; i++) {
        assert_int_equal(notes[i], 1 << i);
        assert_true(strlen(fovea_note_name(i)) > 0);
        assert_true(strlen(fovea_note_text(i)) > 0);
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(fovea_note_name(i), fovea_note_name(k));
        }
    }
    assert_null(fovea_note_name(FOVEA_N_NOTES));
    assert_null(fovea_note_text(FOVEA_N_NOTES));
}

/* Other programs store these: a change here breaks them. */
static void
values_and_names_are_pinned(void **state)
{
    (void)state;
    assert_int_equal(FOVEA_NOTE_DAMAGED, 1);
    assert_int_equal(FOVEA_NOTE_PREVIEW, 2);
    assert_int_equal(FOVEA_NOTE_TRUNCATED, 4);
    assert_string_equal(fovea_note_name(0), "damaged");
    assert_string_equal(fovea_note_name(1), "preview");
}

static void
notes_gather_and_failures_drop_them(void **state)
{
    (void)state;
    struct fovea_error error;
    (void)fovea_fail_errno(&error, FOVEA_ERR_IO, 2, "before");
    fovea_note(&error, FOVEA_NOTE_PREVIEW, "a preview of %d rows", 3);
    assert_int_equal(error.code, FOVEA_OK);
    assert_int_equal(error.sys_errno, 0);
    assert_int_equal(error.notes, FOVEA_NOTE_PREVIEW);
    assert_string_equal(error.message, "a preview of 3 rows");
    fovea_note(&error, FOVEA_NOTE_DAMAGED, "two are grey");
    assert_int_equal(error.notes, FOVEA_NOTE_PREVIEW | FOVEA_NOTE_DAMAGED);
    assert_string_equal(error.message, "a preview of 3 rows; two are grey");
    char text[1000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (unsigned i = 0; i < 3; i++) {
        fovea_note(&error, FOVEA_NOTE_DAMAGED, "%s", text);
    }
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
    (void)fovea_fail(&error, FOVEA_ERR_IO, "after");
    assert_int_equal(error.notes, 0);
    fovea_note(&error, FOVEA_NOTE_DAMAGED, "x");
    (void)fovea_fail_errno(&error, FOVEA_ERR_IO, 2, "after");
    assert_int_equal(error.notes, 0);
    fovea_error_clear(&error);
    assert_int_equal(error.code, FOVEA_OK);
    assert_string_equal(error.message, "");
    fovea_note(NULL, FOVEA_NOTE_DAMAGED, "nowhere");
    fovea_error_clear(NULL);
}

static void
they_are_written_the_same_way_everywhere(void **state)
{
    (void)state;
    struct fovea_text text = { 0 };
    uint64_t n_noted[FOVEA_N_NOTES] = { 0 };
    struct fovea_error error;
    fovea_error_clear(&error);
    fovea_text_add(&text, "{", 1);
    fovea_notes_json(&text, error.notes, error.message);
    fovea_notes_words(&text, error.notes);
    fovea_notes_counted(&text, n_noted);
    assert_string_equal(text.data, "{");
    fovea_notes_count(&error, n_noted);
    assert_int_equal(n_noted[0], 0);
    fovea_note(&error, FOVEA_NOTE_DAMAGED, "row \"2\"");
    fovea_notes_count(&error, n_noted);
    fovea_notes_json(&text, error.notes, error.message);
    fovea_notes_words(&text, error.notes);
    fovea_notes_counted(&text, n_noted);
    assert_string_equal(text.data,
            "{,\"damaged\":true,\"note\":\"row \\\"2\\\"\" (damaged), 1 damaged");
    fovea_note(&error, FOVEA_NOTE_PREVIEW, "small");
    fovea_notes_count(&error, n_noted);
    fovea_text_clear(&text);
    fovea_notes_json(&text, error.notes, error.message);
    fovea_notes_words(&text, error.notes);
    fovea_notes_counted(&text, n_noted);
    fovea_notes_counted_json(&text, n_noted);
    assert_string_equal(text.data,
            ",\"damaged\":true,\"preview\":true,"
            "\"note\":\"row \\\"2\\\"; small\" (damaged, preview)"
            ", 2 damaged, 1 preview\"damaged\":2,\"preview\":1,"
            "\"truncated\":0");
    fovea_text_finish(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_counted_up_and_names_are_unique),
        cmocka_unit_test(values_and_names_are_pinned),
        cmocka_unit_test(notes_gather_and_failures_drop_them),
        cmocka_unit_test(they_are_written_the_same_way_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
