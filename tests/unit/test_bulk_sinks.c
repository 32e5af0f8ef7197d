/* All kinds of sinks, by the table: what a row of it promises is kept. */
#include <dirent.h>
#include <unistd.h>

#include "base/error.h"
#include "base/macros.h"
#include "bulk/sinks.h"
#include "support/test.h"
#include "support/tree.h"

enum {
    N_FLOATS = 3
};

static const struct {
    const char *name;
    const struct fovea_sink_kind *kind;
} rows[] = {
#define X(name) { #name, &fovea_sink_##name },
#include "bulk/sink.def"
#undef X
};

static char root[] = "/tmp/fovea-sinks-XXXXXX";

TREE_FIXTURE_INSIDE(root)

static bool
has(const struct fovea_target_form *form, const char *ending)
{
    for (size_t i = 0; form->endings[i]; i++) {
        if (strcasecmp(form->endings[i], ending) == 0) {
            return true;
        }
    }
    return false;
}

static void
every_row_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        const struct fovea_sink_kind *kind = rows[i].kind;
        assert_true(kind->open && kind->write && kind->finish);
        assert_true(kind->state_size > 0);
        /* What was taken is seen in the end, at one time or the other. */
        assert_true(kind->checkpoint || kind->commit);
        assert_true(kind->checkpoint || !kind->is_live);
        if (!kind->form) {
            continue;
        }
        assert_true(kind->form->name && kind->form->is_ours);
        assert_non_null(kind->form->endings[0]);
        assert_non_null(kind->form->files[0]);
        for (size_t j = 0; kind->form->endings[j]; j++) {
            const char *ending = kind->form->endings[j];
            assert_int_equal(strrchr(ending, '.') - ending, 0);
            for (size_t k = 0; k < i; k++) {
                if (rows[k].kind->form && has(rows[k].kind->form, ending)) {
                    fail_msg("%s is of %s and of %s", ending, rows[k].name,
                            rows[i].name);
                }
            }
        }
    }
}

/* Names in the directory, but for those of the dot. */
static size_t
count_files(void)
{
    size_t n = 0;
    DIR *directory = opendir(".");
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory));) {
        n += entry->d_name[0] != '.';
    }
    (void)closedir(directory);
    return n;
}

static size_t
count_names(const char *const *names)
{
    size_t n = 0;
    while (names[n]) {
        n++;
    }
    return n;
}

/* Find the kind that writes to a name, and have it take a bad input and a good
   one. */
static void
write_some(const char *path, bool overwrite, bool commits,
        const struct fovea_sink_kind *expected)
{
    static const float row[N_FLOATS] = { 1, 2, 3 };
    char good_path[] = "good.jpg";
    char bad_path[] = "bad.jpg";
    struct fovea_error error;
    struct fovea_error good = { .code = FOVEA_OK };
    struct fovea_error bad;
    struct fovea_target target;
    struct fovea_sink sink;
    const struct fovea_sink_kind *kind = NULL;
    const struct fovea_entry entries[] = { { .path = bad_path },
        { .path = good_path } };
    (void)fovea_fail(&bad, FOVEA_ERR_NOT_AN_IMAGE, "no image");
    const struct fovea_row_result results[] = {
        { &entries[0], &bad, NULL },
        { &entries[1], &good, row },
    };
    assert_ok(fovea_sinks_find(path, FOVEA_STREAM_EMBED, overwrite, &kind,
                      &target, &error),
            &error);
    assert_ptr_equal(kind, expected);
    const struct fovea_sink_settings settings = {
        .layout = { "<f4", 1, { N_FLOATS }, sizeof row },
        .target = &target,
    };
    assert_ok(fovea_sink_open(kind, &settings, &sink, &error), &error);
    assert_int_equal(sink.row_size, sizeof row);
    assert_ok(kind->write(sink.state, results, 2, &error), &error);
    assert_ok(kind->write(sink.state, results + 1, 1, &error), &error);
    if (commits) {
        assert_ok(fovea_sink_commit(&sink, &error), &error);
    }
    fovea_sink_finish(&sink);
    fovea_target_finish(&target);
}

static void
put(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void
files_appear_at_the_commit_and_are_known_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        const struct fovea_sink_kind *kind = rows[i].kind;
        for (size_t j = 0; kind->form && kind->form->endings[j]; j++) {
            char path[64];
            (void)snprintf(path, sizeof path, "x%s", kind->form->endings[j]);
            write_some(path, false, false, kind);
            assert_int_equal(count_files(), 0);
            write_some(path, false, true, kind);
            assert_int_equal(count_files(), count_names(kind->form->files));
            assert_int_equal(access(path, F_OK), 0);
            /* Ours: no need to insist. */
            write_some(path, false, true, kind);
            assert_int_equal(count_files(), count_names(kind->form->files));
            assert_int_equal(tree_empty(root), 0);
        }
    }
}

static void
what_others_have_written_is_refused(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_target target;
    const struct fovea_sink_kind *found = NULL;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        const struct fovea_sink_kind *kind = rows[i].kind;
        for (size_t j = 0; kind->form && kind->form->files[j]; j++) {
            char path[64];
            char name[80];
            (void)snprintf(path, sizeof path, "x%s", kind->form->endings[0]);
            (void)snprintf(name, sizeof name, "%s%s", path,
                    kind->form->files[j]);
            put(name, "a letter to somebody\n");
            assert_fails(fovea_sinks_find(path, FOVEA_STREAM_EMBED, false,
                                 &found, &target, &error),
                    &error, FOVEA_ERR_OUTPUT_REFUSED, name);
            write_some(path, true, true, kind);
            write_some(path, false, true, kind);
            assert_int_equal(tree_empty(root), 0);
        }
    }
}

static void
pixels_are_not_for_every_kind(void **state)
{
    (void)state;
    struct fovea_error error;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        const struct fovea_sink_kind *kind = rows[i].kind;
        const struct fovea_sink_kind *found = NULL;
        struct fovea_target target = { 0 };
        char path[64];
        if (!kind->form) {
            continue;
        }
        (void)snprintf(path, sizeof path, "x%s", kind->form->endings[0]);
        enum fovea_status status = fovea_sinks_find(path,
                FOVEA_STREAM_PREPROCESS, false, &found, &target, &error);
        assert_int_equal(status,
                kind->takes_pixels ? FOVEA_OK : FOVEA_ERR_OUTPUT_REFUSED);
        fovea_target_finish(&target);
    }
    /* The sentence names what could be meant. */
    const struct fovea_sink_kind *found = NULL;
    struct fovea_target target;
    assert_fails(fovea_sinks_find("x.none", FOVEA_STREAM_EMBED, false, &found,
                         &target, &error),
            &error, FOVEA_ERR_OUTPUT_REFUSED, "-o x.none: ");
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        const struct fovea_target_form *form = rows[i].kind->form;
        for (size_t j = 0; form && form->endings[j]; j++) {
            assert_non_null(strstr(error.message, form->endings[j]));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test_teardown(
                files_appear_at_the_commit_and_are_known_again, empty_root),
        cmocka_unit_test_teardown(what_others_have_written_is_refused,
                empty_root),
        cmocka_unit_test_teardown(pixels_are_not_for_every_kind, empty_root),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
