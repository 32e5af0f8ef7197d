/* What words ask for: pictures, URLs, words. */
#include <unistd.h>

#include "base/macros.h"
#include "cli/query_words.h"
#include "support/test.h"
#include "support/tree.h"

static char root[] = "/tmp/fovea-words-XXXXXX";
TREE_FIXTURE_INSIDE(root)

static struct fovea_error error;

static enum fovea_status
read_words(const char *const *words, const enum fovea_option_id *flags,
        size_t n, struct fovea_query_words *query)
{
    struct fovea_arg_word args[8] = { { NULL, NULL } };
    for (size_t i = 0; i < n; i++) {
        args[i].word = words[i];
        args[i].row = flags && flags[i] < FOVEA_N_OPTIONS
                ? &fovea_option_rows[flags[i]]
                : NULL;
    }
    return fovea_query_words_read(args, n, query, &error);
}

static void
assert_kind(const char *word, enum fovea_query_kind kind)
{
    struct fovea_query_words query;
    assert_ok(read_words(&word, NULL, 1, &query), &error);
    assert_int_equal(query.all[0].kind, kind);
    assert_int_equal(query.has_text, kind == FOVEA_QUERY_TEXT);
    assert_int_equal(query.has_stdin, kind == FOVEA_QUERY_STDIN);
    fovea_query_words_finish(&query);
}

static void
words_are_told_from_pictures(void **state)
{
    (void)state;
    assert_int_equal(tree_put(root, "/cat.jpg", "x"), 0);
    assert_int_equal(tree_put(root, "/cat", "x"), 0);
    assert_int_equal(tree_put(root, "/beach/a.png", "x"), 0);
    assert_kind("cat.jpg", FOVEA_QUERY_FILE);
    assert_kind("cat", FOVEA_QUERY_FILE);
    assert_kind("beach/a.png", FOVEA_QUERY_FILE);
    assert_kind("beach", FOVEA_QUERY_TEXT); /* a folder is no picture */
    assert_kind("a red bicycle", FOVEA_QUERY_TEXT);
    assert_kind("black/white", FOVEA_QUERY_TEXT);
    assert_kind("version 2.0", FOVEA_QUERY_TEXT);
    assert_kind("what is a jpg", FOVEA_QUERY_TEXT);
    assert_kind("a picture. png", FOVEA_QUERY_TEXT);
    assert_kind("jpg", FOVEA_QUERY_TEXT);
    assert_kind("", FOVEA_QUERY_TEXT);
    assert_kind("https://example.org/cat.jpg", FOVEA_QUERY_URL);
    assert_kind("-", FOVEA_QUERY_STDIN);
}

static void
a_picture_that_is_not_there_is_no_text(void **state)
{
    (void)state;
    static const char *const names[] = { "gone.jpg", "GONE.JPEG", "x/y.heic",
        "a.NEF", "my cat.png", "b.tiff", "c.webp" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        struct fovea_query_words query;
        assert_fails(read_words(&names[i], NULL, 1, &query), &error,
                FOVEA_ERR_FILE_NOT_FOUND, names[i]);
        assert_non_null(strstr(error.message, "--text"));
        fovea_query_words_finish(&query);
    }
    assert_int_equal(tree_put(root, "/x/a", "x"), 0);
    const char *folder = "x/";
    struct fovea_query_words query;
    assert_fails(read_words(&folder, NULL, 1, &query), &error,
            FOVEA_ERR_ARGUMENT, "folder");
    fovea_query_words_finish(&query);
}

static void
flags_say_what_it_is(void **state)
{
    (void)state;
    static const char *const words[] = { "gone.jpg", "red", "people", "-",
        "http://a/b" };
    static const enum fovea_option_id flags[] = { FOVEA_OPTION_SEARCH_TEXT,
        FOVEA_OPTION_SEARCH_IMAGE, FOVEA_OPTION_MINUS,
        FOVEA_OPTION_SEARCH_IMAGE, FOVEA_OPTION_MINUS };
    struct fovea_query_words query;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    assert_ok(read_words(words, flags, 5, &query), &error);
    assert_int_equal(query.all[0].kind, FOVEA_QUERY_TEXT);
    assert_int_equal(query.all[1].kind, FOVEA_QUERY_FILE);
    assert_int_equal(query.all[2].kind, FOVEA_QUERY_TEXT);
    assert_int_equal(query.all[3].kind, FOVEA_QUERY_STDIN);
    assert_int_equal(query.all[4].kind, FOVEA_QUERY_URL);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(query.all[i].is_minus, i == 2 || i == 4);
    }
    fovea_query_words_say(&query, &text);
    assert_string_equal(text.data,
            "\"gone.jpg\" + red - \"people\" + standard input - http://a/b");
    fovea_query_words_finish(&query);
}

static void
something_has_to_be_added(void **state)
{
    (void)state;
    static const char *const words[] = { "-", "-" };
    static const enum fovea_option_id minus[] = { FOVEA_OPTION_MINUS,
        FOVEA_OPTION_MINUS };
    struct fovea_query_words query;
    assert_fails(read_words(words, NULL, 0, &query), &error, FOVEA_ERR_ARGUMENT,
            "no QUERY: give words");
    fovea_query_words_finish(&query);
    assert_fails(read_words(words, minus, 1, &query), &error,
            FOVEA_ERR_ARGUMENT, "no QUERY: --minus");
    fovea_query_words_finish(&query);
    assert_fails(read_words(words, NULL, 2, &query), &error, FOVEA_ERR_ARGUMENT,
            "only once");
    fovea_query_words_finish(&query);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(words_are_told_from_pictures, empty_root),
        cmocka_unit_test_teardown(a_picture_that_is_not_there_is_no_text,
                empty_root),
        cmocka_unit_test(flags_say_what_it_is),
        cmocka_unit_test(something_has_to_be_added),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
