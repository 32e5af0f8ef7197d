/* Inputs of the command: words, directories in order, lists. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "bulk/inputs.h"
#include "bulk/list.h"
#include "support/test.h"
#include "support/tree.h"

enum {
    DEPTH = 17 /* of names of 255 bytes: more than PATH_MAX */
};

static char root[] = "/tmp/fovea-inputs-XXXXXX";

TREE_FIXTURE_INSIDE(root)

static void
put(const char *name)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

/* All entries, one a line; an entry with a problem has its code behind it. */
static void
assert_entries(const struct fovea_input_word *words, size_t n_words,
        char separator, const char *expected)
{
    struct fovea_error error;
    struct fovea_inputs *inputs = NULL;
    char all[8192] = "";
    size_t used = 0;
    const struct fovea_inputs_settings settings = {
        .words = words,
        .n_words = n_words,
        .source = { .separator = separator },
    };
    assert_ok(fovea_inputs_create(&settings, &inputs, &error), &error);
    for (;;) {
        enum fovea_inputs_step step = FOVEA_INPUTS_WAIT;
        struct fovea_entry entry = { 0 };
        assert_ok(fovea_inputs_next(inputs, &step, &entry, &error), &error);
        if (step == FOVEA_INPUTS_END) {
            break;
        }
        assert_int_equal(step, FOVEA_INPUTS_ENTRY);
        int n = snprintf(all + used, sizeof all - used, "%s%s%s\n", entry.path,
                entry.problem.code ? " " : "",
                entry.problem.code ? fovea_status_name(entry.problem.code)
                                   : "");
        used += (size_t)n;
        assert_true(used < sizeof all);
        fovea_entry_finish(&entry);
    }
    fovea_inputs_destroy(inputs);
    assert_string_equal(all, expected);
}

static void
assert_inputs(const char *const *words, size_t n_words, char separator,
        const char *expected)
{
    struct fovea_input_word all[8] = { 0 };
    assert_true(n_words <= FOVEA_ARRAY_LEN(all));
    for (size_t i = 0; i < n_words; i++) {
        all[i].word = words[i];
    }
    assert_entries(all, n_words, separator, expected);
}

static void
directories_come_in_the_order_of_their_paths(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    assert_int_equal(mkdir("d/a", 0700), 0);
    assert_int_equal(mkdir("d/empty", 0700), 0);
    assert_int_equal(mkdir("d/.hidden", 0700), 0);
    put("d/a/x.jpg");
    put("d/a/B.jpg");
    put("d/a.jpg");
    put("d/a-b");
    put("d/z");
    put("d/.DS_Store");
    put("d/.hidden/y");
    static const char *const words[] = { "d", "d/a/", "nowhere", "d/z", "d/z" };
    assert_inputs(words, FOVEA_ARRAY_LEN(words), '\n',
            "d/a-b\nd/a.jpg\nd/a/B.jpg\nd/a/x.jpg\nd/z\n"
            "d/a/B.jpg\nd/a/x.jpg\n"
            "nowhere\nd/z\nd/z\n");
    static const char *const hidden[] = { "d/.hidden", "d/.DS_Store" };
    assert_inputs(hidden, 2, '\n', "d/.hidden/y\nd/.DS_Store\n");
}

static void
links_never_make_a_loop(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    put("d/file");
    assert_int_equal(symlink(".", "d/loop"), 0);
    assert_int_equal(symlink("../d", "d/up"), 0);
    assert_int_equal(symlink("file", "d/link"), 0);
    assert_int_equal(symlink("gone", "d/broken"), 0);
    assert_int_equal(symlink("self", "d/self"), 0);
    assert_int_equal(mkfifo("d/pipe", 0600), 0);
    assert_int_equal(symlink("pipe", "d/to-pipe"), 0);
    assert_int_equal(symlink("d", "top"), 0);
    static const char *const words[] = { "d" };
    assert_inputs(words, 1, '\n', "d/broken\nd/file\nd/link\nd/self\n");
    static const char *const top[] = { "top" };
    assert_inputs(top, 1, '\n', "top/broken\ntop/file\ntop/link\ntop/self\n");
}

static void
what_cannot_be_read_is_told(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    put("d/z");
    /* A directory whose path is too long to be opened by it. */
    char name[256];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(chdir("d"), 0);
    for (int i = 0; i < DEPTH; i++) {
        assert_int_equal(mkdir(name, 0700), 0);
        assert_int_equal(chdir(name), 0);
    }
    assert_int_equal(chdir(root), 0);
    static const struct fovea_input_word words[] = { { .word = "d" } };
    struct fovea_error error;
    struct fovea_inputs *inputs = NULL;
    const struct fovea_inputs_settings settings = {
        .words = words,
        .n_words = 1,
        .source = { .separator = '\n' },
    };
    assert_ok(fovea_inputs_create(&settings, &inputs, &error), &error);
    enum fovea_inputs_step step = FOVEA_INPUTS_WAIT;
    struct fovea_entry entry = { 0 };
    assert_ok(fovea_inputs_next(inputs, &step, &entry, &error), &error);
    assert_int_equal(entry.problem.code, FOVEA_ERR_IO);
    assert_non_null(strstr(entry.problem.message, "File name too long"));
    assert_int_equal(entry.path[strlen(entry.path) - 1], 'n');
    fovea_entry_finish(&entry);
    assert_ok(fovea_inputs_next(inputs, &step, &entry, &error), &error);
    assert_string_equal(entry.path, "d/z");
    fovea_entry_finish(&entry);
    fovea_inputs_destroy(inputs);
    assert_int_equal(chdir("d"), 0);
    for (int i = 0; i < DEPTH; i++) {
        assert_int_equal(chdir(name), 0);
    }
    for (int i = 0; i < DEPTH; i++) {
        assert_int_equal(chdir(".."), 0);
        assert_int_equal(rmdir(name), 0);
    }
    assert_int_equal(chdir(root), 0);
}

/* Standard input becomes a file with these bytes. */
static void
set_stdin(const char *bytes, size_t size)
{
    FILE *file = fopen("list", "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    assert_non_null(freopen("list", "r", stdin));
}

static void
the_image_on_standard_input_is_an_input(void **state)
{
    (void)state;
    static const struct fovea_input_word words[] = { { .word = "x" },
        { .word = "-" }, { .word = "y" } };
    unsigned char bytes[] = { 1, 2 };
    const struct fovea_stdin_image image = { .bytes = bytes, .size = 2 };
    const struct fovea_inputs_settings settings = {
        .words = words,
        .n_words = 3,
        .source = { .separator = '\n', .image = &image },
    };
    struct fovea_error error;
    struct fovea_inputs *inputs = NULL;
    assert_ok(fovea_inputs_create(&settings, &inputs, &error), &error);
    for (size_t i = 0; i < 3; i++) {
        enum fovea_inputs_step step = FOVEA_INPUTS_END;
        struct fovea_entry entry = { 0 };
        assert_ok(fovea_inputs_next(inputs, &step, &entry, &error), &error);
        assert_int_equal(step, FOVEA_INPUTS_ENTRY);
        assert_string_equal(entry.path, words[i].word);
        const struct fovea_item item = fovea_entry_item(&entry);
        assert_int_equal(item.kind,
                i == 1 ? FOVEA_ITEM_IMAGE_BYTES : FOVEA_ITEM_IMAGE_PATH);
        assert_ptr_equal(item.data,
                i == 1 ? (const void *)bytes : (const void *)entry.path);
        fovea_entry_finish(&entry);
    }
    fovea_inputs_destroy(inputs);
    /* A list cannot be gone through twice, an image can. */
    struct fovea_inputs_settings listed = settings;
    assert_true(fovea_inputs_repeat(&listed));
    listed.source.image = NULL;
    assert_false(fovea_inputs_repeat(&listed));
}

static void
lists_are_read_between_the_words(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    put("d/a");
    static const char *const words[] = { "x", "-", "y" };
    static const char lines[] = "\none two\n\n-\nd\nlast";
    set_stdin(lines, sizeof lines - 1);
    assert_inputs(words, 3, '\n', "x\none two\n-\nd/a\nlast\ny\n");
    static const char nuls[] = "new\nline\0\0d\0--x";
    set_stdin(nuls, sizeof nuls - 1);
    assert_inputs(words, 3, '\0', "x\nnew\nline\nd/a\n--x\ny\n");
    static const char wrong[] = "a\0b\nc\n";
    set_stdin(wrong, sizeof wrong - 1);
    assert_inputs(words, 3, '\n', "x\na argument\nc\ny\n");
    set_stdin("", 0);
    assert_inputs(words + 1, 1, '\n', "");
}

static void
a_name_without_end_is_refused(void **state)
{
    (void)state;
    static char bytes[2 * FOVEA_LIST_MAX_NAME];
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes, "a\n", 2);
    set_stdin(bytes, sizeof bytes);
    struct fovea_list list = { .fd = STDIN_FILENO, .separator = '\n' };
    struct fovea_error error;
    enum fovea_list_step step = FOVEA_LIST_END;
    char *name = NULL;
    size_t size = 0;
    assert_ok(fovea_list_next(&list, &step, &name, &size, &error), &error);
    assert_string_equal(name, "a");
    assert_fails(fovea_list_next(&list, &step, &name, &size, &error), &error,
            FOVEA_ERR_LIST_REFUSED, "add -0");
    fovea_list_finish(&list);
    /* The longest that is taken. */
    bytes[1 + FOVEA_LIST_MAX_NAME + 1] = '\n';
    set_stdin(bytes, 1 + FOVEA_LIST_MAX_NAME + 2);
    list = (struct fovea_list){ .fd = STDIN_FILENO, .separator = '\n' };
    assert_ok(fovea_list_next(&list, &step, &name, &size, &error), &error);
    assert_ok(fovea_list_next(&list, &step, &name, &size, &error), &error);
    assert_int_equal(size, FOVEA_LIST_MAX_NAME);
    fovea_list_finish(&list);
}

static void
lines_of_windows_are_taken(void **state)
{
    (void)state;
    static const char *const words[] = { "-" };
    static const char lines[] = "\xef\xbb\xbfone\r\n\r\ntwo\rx\r\n\nthree\r";
    set_stdin(lines, sizeof lines - 1);
    assert_inputs(words, 1, '\n', "one\ntwo\rx\nthree\n");
    static const char mark[] = "\xef\xbb\xbf";
    set_stdin(mark, sizeof mark - 1);
    assert_inputs(words, 1, '\n', "");
    static const char mark_only[] = "\xef\xbb\xbf\r\n";
    set_stdin(mark_only, sizeof mark_only - 1);
    assert_inputs(words, 1, '\n', "");
    /* Only before the first, and not where names end in NUL. */
    static const char later[] = "a\n\xef\xbb\xbf"
                                "b\n";
    set_stdin(later, sizeof later - 1);
    assert_inputs(words, 1, '\n',
            "a\n\xef\xbb\xbf"
            "b\n");
    static const char nuls[] = "\xef\xbb\xbf"
                               "a\r\0b";
    set_stdin(nuls, sizeof nuls - 1);
    assert_inputs(words, 1, '\0',
            "\xef\xbb\xbf"
            "a\r\nb\n");
}

static void
assert_refused(const char *bytes, size_t size, const char *part)
{
    set_stdin(bytes, size);
    struct fovea_list list = { .fd = STDIN_FILENO, .separator = '\n' };
    struct fovea_error error;
    enum fovea_list_step step = FOVEA_LIST_END;
    char *name = NULL;
    assert_fails(fovea_list_next(&list, &step, &name, &size, &error), &error,
            FOVEA_ERR_LIST_REFUSED, part);
    fovea_list_finish(&list);
}

#define REFUSED(bytes, part) assert_refused(bytes, sizeof(bytes) - 1, part)

static void
what_is_no_list_is_refused(void **state)
{
    (void)state;
    REFUSED("\xff\xfe"
            "a\0.\0j\0p\0g\0\n\0",
            "UTF-16");
    REFUSED("\xfe\xff\0a\0.\0j\0p\0g\0\n", "UTF-16");
    REFUSED("a\0.\0j\0p\0g\0\n\0", "UTF-16");
    REFUSED("\0a\0.\0j\0p\0g\0\n", "UTF-16");
    REFUSED("\xff\xd8\xff\xe0\0\x10JFIF", "--stdin-image");
    REFUSED("\xff\xd8\xff", "--stdin-image");
    REFUSED("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "--stdin-image");
    REFUSED("GIF89a\x40\1\xf0\0\xf7\0\0", "--stdin-image");
    REFUSED("RIFF\x24\x10\0\0WEBPVP8 ", "--stdin-image");
    REFUSED("II*\0\x08\0\0\0", "--stdin-image");
    REFUSED("\0\0\0\x1c"
            "ftypheic",
            "--stdin-image");
    REFUSED("BM\x36\x20\x21\0\0\0\0\0", "--stdin-image");
}

/* A file with these bytes. */
static void
put_bytes(const char *name, const char *bytes, size_t size)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void
texts_keep_their_places_among_names(void **state)
{
    (void)state;
    put("folder");
    static const char texts[] = "one\n\n- \nfolder\n";
    put_bytes("texts", texts, sizeof texts - 1);
    static const char lines[] = "two\r\nlast";
    set_stdin(lines, sizeof lines - 1);
    static const struct fovea_input_word words[] = {
        { .word = "folder", .kind = FOVEA_WORD_TEXT },
        { .word = "a.jpg", .kind = FOVEA_WORD_NAME },
        { .word = "", .kind = FOVEA_WORD_TEXT },
        { .word = "texts", .kind = FOVEA_WORD_TEXT_FILE },
        { .word = "-", .kind = FOVEA_WORD_TEXT },
        { .word = "-", .kind = FOVEA_WORD_TEXT_FILE },
        { .word = "b.jpg", .kind = FOVEA_WORD_NAME },
    };
    assert_entries(words, FOVEA_ARRAY_LEN(words), '\n',
            "folder\na.jpg\n\none\n\n- \nfolder\n-\ntwo\nlast\nb.jpg\n");
    /* A pipe, and standard input, cannot be gone through twice. */
    struct fovea_inputs_settings settings = { .words = words, .n_words = 5 };
    assert_true(fovea_inputs_repeat(&settings));
    settings.n_words = 6;
    assert_false(fovea_inputs_repeat(&settings));
    assert_int_equal(mkfifo("pipe", 0600), 0);
    const struct fovea_input_word pipe = { .word = "pipe",
        .kind = FOVEA_WORD_TEXT_FILE };
    settings = (struct fovea_inputs_settings){ .words = &pipe, .n_words = 1 };
    assert_false(fovea_inputs_repeat(&settings));
}

static void
texts_may_hold_any_bytes(void **state)
{
    (void)state;
    static const char lines[] = "a\0b\n\xff\n\xef\xbb\xbf";
    static const char nuls[] = "a\nb\0\0c\r";
    static const struct fovea_input_word words[] = { { .word = "texts",
            .kind = FOVEA_WORD_TEXT_FILE } };
    put_bytes("texts", lines, sizeof lines - 1);
    struct fovea_error error;
    struct fovea_inputs *inputs = NULL;
    struct fovea_inputs_settings settings = { .words = words,
        .n_words = 1,
        .source = { .separator = '\n', .max_text_bytes = 10 } };
    static const struct {
        const char *text;
        size_t size;
    } expected[] = { { "a\0b", 3 }, { "\xff", 1 }, { "\xef\xbb\xbf", 3 } };
    assert_ok(fovea_inputs_create(&settings, &inputs, &error), &error);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(expected); i++) {
        enum fovea_inputs_step step = FOVEA_INPUTS_END;
        struct fovea_entry entry = { 0 };
        assert_ok(fovea_inputs_next(inputs, &step, &entry, &error), &error);
        assert_int_equal(step, FOVEA_INPUTS_ENTRY);
        assert_int_equal(entry.line, i + 1);
        assert_string_equal(entry.list, "texts");
        const struct fovea_item item = fovea_entry_item(&entry);
        assert_int_equal(item.kind, FOVEA_ITEM_TEXT);
        assert_int_equal(item.size, expected[i].size);
        assert_memory_equal(item.data, expected[i].text, item.size + 1);
        fovea_entry_finish(&entry);
    }
    fovea_inputs_destroy(inputs);
    put_bytes("texts", nuls, sizeof nuls - 1);
    assert_entries(words, 1, '\0', "a\nb\n\nc\r\n");
}

/* A text of some bytes between two others: what comes of it. */
static void
assert_between(size_t size, size_t limit, size_t size_seen,
        enum fovea_status problem)
{
    static const struct fovea_input_word word = { .word = "texts",
        .kind = FOVEA_WORD_TEXT_FILE };
    const struct fovea_inputs_settings settings = { .words = &word,
        .n_words = 1,
        .source = { .separator = '\n', .max_text_bytes = limit } };
    struct fovea_error error;
    struct fovea_inputs *inputs = NULL;
    char *bytes = malloc(size + 5);
    assert_non_null(bytes);
    memset(bytes, 'x', size + 5);
    memcpy(bytes, "a\n", 2);
    memcpy(bytes + 2 + size, "\r\nb", 3);
    put_bytes("texts", bytes, size + 5);
    assert_ok(fovea_inputs_create(&settings, &inputs, &error), &error);
    for (size_t i = 0; i < 3; i++) {
        enum fovea_inputs_step step = FOVEA_INPUTS_END;
        struct fovea_entry entry = { 0 };
        assert_ok(fovea_inputs_next(inputs, &step, &entry, &error), &error);
        assert_int_equal(step, FOVEA_INPUTS_ENTRY);
        assert_int_equal(entry.line, i + 1);
        assert_int_equal(entry.size, i == 1 ? size_seen : 1);
        assert_int_equal(entry.problem.code, i == 1 ? problem : FOVEA_OK);
        assert_int_equal(entry.path[0], i == 0 ? 'a' : i == 1 ? 'x' : 'b');
        if (problem && i == 1) {
            assert_int_equal(strlen(entry.path), FOVEA_LIST_HEAD);
            assert_non_null(strstr(entry.problem.message, "--max-text-bytes"));
        }
        fovea_entry_finish(&entry);
    }
    fovea_inputs_destroy(inputs);
    free(bytes);
}

static void
a_text_that_is_too_long_costs_only_itself(void **state)
{
    (void)state;
    /* More than the list reads at a time at first. */
    const size_t most = 100000;
    assert_between(most, most, most, FOVEA_OK);
    /* One byte more comes whole, and is the library's to refuse; what is far
       too long is never in memory. */
    assert_between(most + 4, most, most + 5, FOVEA_ERR_TEXT_TOO_LARGE);
    assert_between(10 * most, most, 10 * most + 1, FOVEA_ERR_TEXT_TOO_LARGE);
    assert_between(5000, 10, 5001, FOVEA_ERR_TEXT_TOO_LARGE);
    assert_between(50, 10, 50, FOVEA_OK);
    /* At the end, without a separator. */
    static char last[10000];
    memset(last, 'x', sizeof last);
    put_bytes("texts", last, sizeof last);
    static const struct fovea_input_word words[] = { { .word = "texts",
            .kind = FOVEA_WORD_TEXT_FILE } };
    static char expected[FOVEA_LIST_HEAD + 32];
    memset(expected, 'x', FOVEA_LIST_HEAD);
    memcpy(expected + FOVEA_LIST_HEAD, " text_too_large\n", 17);
    assert_entries(words, 1, '\n', expected);
}

static void
files_of_texts_that_cannot_be_read_are_told(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    put("empty");
    static const struct fovea_input_word words[] = {
        { .word = "gone", .kind = FOVEA_WORD_TEXT_FILE },
        { .word = "d", .kind = FOVEA_WORD_TEXT_FILE },
        { .word = "empty", .kind = FOVEA_WORD_TEXT_FILE },
        { .word = "a", .kind = FOVEA_WORD_TEXT }
    };
    assert_entries(words, FOVEA_ARRAY_LEN(words), '\n',
            "gone file_not_found\nd not_a_file\na\n");
    static const char picture[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    put_bytes("picture", picture, sizeof picture - 1);
    struct fovea_list list = { .fd = open("picture", O_RDONLY | O_CLOEXEC),
        .separator = '\n',
        .is_texts = true,
        .name = "picture" };
    struct fovea_error error;
    enum fovea_list_step step = FOVEA_LIST_END;
    char *text = NULL;
    size_t size = 0;
    assert_fails(fovea_list_next(&list, &step, &text, &size, &error), &error,
            FOVEA_ERR_LIST_REFUSED, "picture has no lines of text");
    (void)close(list.fd);
    fovea_list_finish(&list);
}

static void
a_slow_list_does_not_block(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    struct fovea_list list = { .fd = ends[0], .separator = '\n' };
    struct fovea_error error;
    enum fovea_list_step step = FOVEA_LIST_END;
    char *name = NULL;
    size_t size = 0;
    assert_ok(fovea_list_next(&list, &step, &name, &size, &error), &error);
    assert_int_equal(step, FOVEA_LIST_WAIT);
    assert_int_equal(write(ends[1], "one\ntw", 6), 6);
    assert_ok(fovea_list_next(&list, &step, &name, &size, &error), &error);
    assert_string_equal(name, "one");
    assert_ok(fovea_list_next(&list, &step, &name, &size, &error), &error);
    assert_int_equal(step, FOVEA_LIST_WAIT);
    assert_int_equal(write(ends[1], "o", 1), 1);
    (void)close(ends[1]);
    assert_ok(fovea_list_next(&list, &step, &name, &size, &error), &error);
    assert_string_equal(name, "two");
    assert_ok(fovea_list_next(&list, &step, &name, &size, &error), &error);
    assert_int_equal(step, FOVEA_LIST_END);
    (void)close(ends[0]);
    fovea_list_finish(&list);
}

static void
a_list_that_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    struct fovea_list list = { .fd = open(".", O_RDONLY | O_CLOEXEC) };
    struct fovea_error error;
    enum fovea_list_step step = FOVEA_LIST_END;
    char *name = NULL;
    size_t size = 0;
    assert_true(list.fd >= 0);
    assert_fails(fovea_list_next(&list, &step, &name, &size, &error), &error,
            FOVEA_ERR_IO, "cannot be read");
    (void)close(list.fd);
    fovea_list_finish(&list);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(directories_come_in_the_order_of_their_paths,
                empty_root),
        cmocka_unit_test_teardown(links_never_make_a_loop, empty_root),
        cmocka_unit_test_teardown(what_cannot_be_read_is_told, empty_root),
        cmocka_unit_test(the_image_on_standard_input_is_an_input),
        cmocka_unit_test_teardown(lists_are_read_between_the_words, empty_root),
        cmocka_unit_test_teardown(a_name_without_end_is_refused, empty_root),
        cmocka_unit_test_teardown(lines_of_windows_are_taken, empty_root),
        cmocka_unit_test_teardown(what_is_no_list_is_refused, empty_root),
        cmocka_unit_test_teardown(texts_keep_their_places_among_names,
                empty_root),
        cmocka_unit_test_teardown(texts_may_hold_any_bytes, empty_root),
        cmocka_unit_test_teardown(a_text_that_is_too_long_costs_only_itself,
                empty_root),
        cmocka_unit_test_teardown(files_of_texts_that_cannot_be_read_are_told,
                empty_root),
        cmocka_unit_test_teardown(a_slow_list_does_not_block, empty_root),
        cmocka_unit_test(a_list_that_cannot_be_read_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
