/* Labels of files and flags: which count, which are refused and where. */
#include <unistd.h>

#include "base/macros.h"
#include "cli/label_list.h"
#include "labels/labels.h"
#include "option/option.h"
#include "support/test.h"
#include "support/tree.h"

static char root[] = "/tmp/fovea-labels-XXXXXX";

TREE_FIXTURE_INSIDE(root)

static void
put(const char *name, const char *bytes, size_t size)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

#define PUT(bytes) put("labels.txt", bytes, sizeof(bytes) - 1)

static void
labels_stand_in_lines_and_flags(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_label_list list;
    const char *given[] = { "a bird", " " };
    const struct fovea_words words = { given, 1 };
    PUT("\xef\xbb\xbf"
        "cat\r\n\n  big dog \t\n#1\n\xc3\xa9");
    assert_ok(fovea_label_list_read(&list, "labels.txt", &words, &error),
            &error);
    static const char *const expected[] = { "cat", "big dog", "#1", "\xc3\xa9",
        "a bird" };
    static const char *const places[] = { "labels.txt:1", "labels.txt:3",
        "labels.txt:4", "labels.txt:5", "--label 1" };
    assert_int_equal(list.n, FOVEA_ARRAY_LEN(expected));
    for (size_t i = 0; i < list.n; i++) {
        FOVEA_AUTO(fovea_text_finish) struct fovea_text place = { 0 };
        assert_string_equal(list.labels[i], expected[i]);
        fovea_label_list_place(&list, i, &place);
        assert_string_equal(place.data, places[i]);
    }
    fovea_label_list_finish(&list);
    assert_ok(fovea_label_list_read(&list, NULL, &words, &error), &error);
    assert_int_equal(list.n, 1);
    fovea_label_list_finish(&list);
    /* Standard input. */
    assert_non_null(freopen("labels.txt", "r", stdin));
    assert_ok(fovea_label_list_read(&list, "-", &(struct fovea_words){ 0 },
                      &error),
            &error);
    assert_int_equal(list.n, 4);
    fovea_label_list_finish(&list);
}

static void
refuse(const char *file, size_t n_given, enum fovea_status status,
        const char *part)
{
    struct fovea_error error;
    struct fovea_label_list list;
    const char *given[] = { "cat", " ", "cat" };
    const struct fovea_words words = { given, n_given };
    assert_fails(fovea_label_list_read(&list, file, &words, &error), &error,
            status, part);
    fovea_label_list_finish(&list);
}

static void
what_is_wrong_is_told_with_its_line(void **state)
{
    (void)state;
    PUT("dog\n\ncat\ndog \n");
    refuse("labels.txt", 0, FOVEA_ERR_ARGUMENT,
            "labels.txt:4: the label \"dog\" is given by labels.txt:1 already");
    PUT("dog\n\ncat\n");
    refuse("labels.txt", 1, FOVEA_ERR_ARGUMENT,
            "--label 1: the label \"cat\" is given by labels.txt:3 already");
    refuse(NULL, 3, FOVEA_ERR_ARGUMENT, "--label 2: label 2 is empty");
    PUT("dog\nc\xff\n");
    refuse("labels.txt", 0, FOVEA_ERR_TEXT_ENCODING,
            "labels.txt:2: the label is not valid UTF-8");
    PUT("dog 1234567890\nc\0t\n");
    refuse("labels.txt", 0, FOVEA_ERR_ARGUMENT,
            "labels.txt:2: the label has a NUL byte");
    PUT("\n \n\t\n");
    refuse("labels.txt", 0, FOVEA_ERR_ARGUMENT,
            "labels.txt: there are no labels");
    PUT("d\0o\0g\0\n\0c\0a\0t\0\n\0");
    refuse("labels.txt", 0, FOVEA_ERR_LIST_REFUSED, "labels.txt is in UTF-16");
    refuse("gone.txt", 0, FOVEA_ERR_FILE_NOT_FOUND, "gone.txt");
    refuse(".", 0, FOVEA_ERR_NOT_A_FILE, "is a directory");
    static char line[70000];
    memset(line, 'x', sizeof line);
    memcpy(line, "cat\n", 4);
    put("labels.txt", line, sizeof line);
    refuse("labels.txt", 0, FOVEA_ERR_ARGUMENT,
            "labels.txt:2: the label has more than 65535 bytes");
}

static void
the_template_of_the_table_is_that_of_labels(void **state)
{
    (void)state;
    const struct fovea_option_row *row =
            &fovea_option_rows[FOVEA_OPTION_TEMPLATE];
    assert_string_equal(row->option.initial, FOVEA_LABELS_TEMPLATE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(labels_stand_in_lines_and_flags, empty_root),
        cmocka_unit_test_teardown(what_is_wrong_is_told_with_its_line,
                empty_root),
        cmocka_unit_test(the_template_of_the_table_is_that_of_labels),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
