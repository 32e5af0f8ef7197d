/*
 * A folder as a place for objects: what is put appears whole and once, what is
 * there is replaced by nobody who has not looked at it, and nothing is left of what
 * was not put. Processes that put the same key at once: one of them did.
 */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "objects/objects.h"
#include "support/test.h"
#include "support/tree.h"

static char root[] = "/tmp/fovea-objects-XXXXXX";

TREE_FIXTURE(root)

static int write_error; /* of every write(), if not 0 */

ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);

ssize_t
__wrap_write(int fd, const void *bytes, size_t size)
{
    if (write_error) {
        errno = write_error;
        return -1;
    }
    return __real_write(fd, bytes, size);
}

static struct fovea_objects *
open_place(void)
{
    struct fovea_error error;
    struct fovea_objects *objects = NULL;
    char place[64];
    (void)snprintf(place, sizeof place, "%s/out/put", root);
    assert_ok(fovea_objects_open(place, NULL, &objects, &error), &error);
    assert_string_equal(fovea_objects_place(objects), place);
    return objects;
}

static bool
put(struct fovea_objects *objects, const char *key, const char *text)
{
    struct fovea_error error;
    bool was_there = false;
    assert_ok(fovea_objects_put_new_bytes(objects, key, text, strlen(text),
                      &was_there, &error),
            &error);
    return !was_there;
}

static void
assert_object(struct fovea_objects *objects, const char *key, const char *text)
{
    struct fovea_error error;
    struct fovea_text bytes = { 0 };
    struct fovea_object_info read = { 0 };
    struct fovea_object_info info = { 0 };
    assert_ok(fovea_objects_get(objects, key, 1000, &bytes, &read, &error),
            &error);
    assert_string_equal(bytes.data, text);
    assert_int_equal(bytes.size, strlen(text));
    assert_ok(fovea_objects_digest(objects, key, &info, &error), &error);
    assert_string_equal(info.sha256, read.sha256);
    assert_int_equal(strlen(info.sha256), 64);
    assert_string_equal(info.version, read.version);
    assert_int_equal(info.size, strlen(text));
    fovea_text_finish(&bytes);
}

/* What stands in a folder below the place, temporary names included. */
static size_t
n_files(const char *folder)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/out/put/%s", root, folder);
    DIR *stream = opendir(path);
    size_t n = 0;
    assert_non_null(stream);
    while (readdir(stream)) { /* NOLINT(concurrency-mt-unsafe) */
        n++;
    }
    (void)closedir(stream);
    return n - 2;
}

static void
what_is_put_is_there_and_is_not_replaced(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_objects *objects = open_place();
    struct fovea_object_info info;
    assert_fails(fovea_objects_stat(objects, "done/1.json", &info, &error),
            &error, FOVEA_ERR_FILE_NOT_FOUND, "out/put/done/1.json");
    assert_true(put(objects, "done/1.json", "one"));
    assert_object(objects, "done/1.json", "one");
    assert_false(put(objects, "done/1.json", "two"));
    assert_object(objects, "done/1.json", "one");
    assert_true(put(objects, "top", ""));
    assert_object(objects, "top", "");
    assert_int_equal(n_files("done"), 1);
    assert_string_equal(strrchr(fovea_objects_name(objects, "a/b"), 'p'),
            "put/a/b");
    fovea_objects_close(objects);
}

static void
only_the_version_that_was_looked_at_is_replaced(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_objects *objects = open_place();
    struct fovea_object_info old;
    struct fovea_draft draft = FOVEA_DRAFT_INIT;
    bool was_there = false;
    assert_true(put(objects, "img/1", "one"));
    assert_ok(fovea_objects_stat(objects, "img/1", &old, &error), &error);
    assert_string_equal(old.sha256, "");
    /* A draft that finds something there may still replace it. */
    assert_ok(fovea_objects_draft(objects, "img/1", &draft, &error), &error);
    assert_ok(fovea_draft_write(&draft, "tw", 2, &error), &error);
    assert_ok(fovea_draft_write(&draft, "o!", 2, &error), &error);
    assert_ok(fovea_draft_seal(&draft, &error), &error);
    assert_int_equal(draft.size, 4);
    assert_ok(fovea_objects_put_new(objects, &draft, &was_there, &error),
            &error);
    assert_true(was_there);
    assert_ok(fovea_objects_replace(objects, &draft, old.version, &error),
            &error);
    fovea_draft_finish(&draft);
    assert_object(objects, "img/1", "two!");
    /* It is not that version any more. */
    assert_fails(fovea_objects_replace_bytes(objects, "img/1", old.version,
                         "three", 5, &error),
            &error, FOVEA_ERR_OBJECT_CHANGED, "img/1");
    assert_object(objects, "img/1", "two!");
    assert_ok(fovea_objects_remove(objects, "img/1", &error), &error);
    assert_ok(fovea_objects_remove(objects, "img/1", &error), &error);
    assert_fails(fovea_objects_replace_bytes(objects, "img/1", old.version,
                         "three", 5, &error),
            &error, FOVEA_ERR_OBJECT_CHANGED, "img/1");
    assert_int_equal(n_files("img"), 0);
    fovea_objects_close(objects);
}

static void
nothing_is_left_of_a_draft(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_objects *objects = open_place();
    struct fovea_draft draft = FOVEA_DRAFT_INIT;
    bool was_there = false;
    assert_ok(fovea_objects_draft(objects, "img/1", &draft, &error), &error);
    assert_ok(fovea_draft_write(&draft, "one", 3, &error), &error);
    fovea_draft_finish(&draft);
    write_error = ENOSPC;
    assert_fails(fovea_objects_put_new_bytes(objects, "img/1", "one", 3,
                         &was_there, &error),
            &error, FOVEA_ERR_DISK_FULL, "img/1");
    write_error = 0;
    assert_int_equal(n_files("img"), 0);
    fovea_objects_close(objects);
}

static void
more_bytes_than_wanted_are_refused(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_objects *objects = open_place();
    struct fovea_text bytes = { 0 };
    assert_true(put(objects, "a", "four"));
    assert_ok(fovea_objects_get(objects, "a", 4, &bytes, NULL, &error), &error);
    assert_fails(fovea_objects_get(objects, "a", 3, &bytes, NULL, &error),
            &error, FOVEA_ERR_ARGUMENT, "larger than 3 bytes");
    fovea_text_finish(&bytes);
    fovea_objects_close(objects);
}

static void
keys_lead_nowhere_else(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "/", "/etc/passwd", "..", "../x",
        "a/../b", "a//b", "a/", "./a", "a/.b", ".b", "a b", "a\nb", "a\\b",
        "a\x7f", "caf\xc3\xa9" };
    static const char *const good[] = { "a", "a.b", "done/00001.json",
        "a-b_c/d..e" };
    char longest[FOVEA_OBJECT_MAX_KEY + 2];
    struct fovea_error error;
    struct fovea_object_info info;
    struct fovea_objects *objects = open_place();
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(bad); i++) {
        bool was_there = false;
        assert_false(fovea_object_key_is_good(bad[i]));
        assert_fails(fovea_objects_put_new_bytes(objects, bad[i], "", 0,
                             &was_there, &error),
                &error, FOVEA_ERR_ARGUMENT, "no key");
        assert_fails(fovea_objects_stat(objects, bad[i], &info, &error), &error,
                FOVEA_ERR_ARGUMENT, "no key");
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(good); i++) {
        assert_true(fovea_object_key_is_good(good[i]));
    }
    memset(longest, 'a', sizeof longest);
    longest[FOVEA_OBJECT_MAX_KEY + 1] = '\0';
    assert_false(fovea_object_key_is_good(longest));
    longest[FOVEA_OBJECT_MAX_KEY] = '\0';
    assert_true(fovea_object_key_is_good(longest));
    fovea_objects_close(objects);
}

static void
links_are_not_followed(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_text bytes = { 0 };
    struct fovea_object_info info;
    struct fovea_objects *objects = open_place();
    char path[64];
    assert_int_equal(tree_put(root, "/secret", "s"), 0);
    assert_true(put(objects, "done/1", "one"));
    (void)snprintf(path, sizeof path, "%s/out/put/done/2", root);
    assert_int_equal(symlink("../../../secret", path), 0);
    assert_fails(fovea_objects_get(objects, "done/2", 9, &bytes, NULL, &error),
            &error, FOVEA_ERR_NOT_A_FILE, "done/2");
    assert_fails(fovea_objects_stat(objects, "done/2", &info, &error), &error,
            FOVEA_ERR_NOT_A_FILE, "done/2");
    assert_false(put(objects, "done/2", "two"));
    (void)snprintf(path, sizeof path, "%s/out/put/done/3", root);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_fails(fovea_objects_get(objects, "done/3", 9, &bytes, NULL, &error),
            &error, FOVEA_ERR_NOT_A_FILE, "done/3");
    fovea_text_finish(&bytes);
    fovea_objects_close(objects);
}

struct listed {
    char names[64];
    uint64_t size;
    size_t n;
};

static enum fovea_status
add_name(void *context, const char *name, uint64_t size,
        struct fovea_error *err)
{
    (void)err;
    struct listed *listed = context;
    (void)snprintf(listed->names, sizeof listed->names, "%s", name);
    listed->size += size;
    listed->n++;
    return FOVEA_OK;
}

static void
a_folder_of_keys_is_listed(void **state)
{
    (void)state;
    struct fovea_error error;
    struct listed listed = { .n = 0 };
    struct fovea_objects *objects = open_place();
    assert_ok(fovea_objects_list(objects, "done", add_name, &listed, &error),
            &error);
    assert_int_equal(listed.n, 0);
    assert_true(put(objects, "done/2.json", "two"));
    assert_true(put(objects, "done/deeper/3.json", "three"));
    assert_int_equal(tree_put(root, "/out/put/done/.fovea-1.tmp", "x"), 0);
    assert_ok(fovea_objects_list(objects, "done", add_name, &listed, &error),
            &error);
    assert_int_equal(listed.n, 1);
    assert_string_equal(listed.names, "2.json");
    assert_int_equal(listed.size, 3);
    fovea_objects_close(objects);
}

/* Processes that wait for each other at a pipe and then put the same key. */
static void
one_of_many_puts_an_object(void **state)
{
    (void)state;
    enum {
        N = 8
    };
    int gate[2];
    pid_t children[N];
    int n_put = 0;
    assert_int_equal(pipe(gate), 0);
    for (int i = 0; i < N; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            char text[2] = { (char)('a' + i), '\0' };
            struct fovea_objects *objects = open_place();
            (void)close(gate[1]);
            (void)!read(gate[0], text + 1, 1);
            bool was_put = put(objects, "manifest.json", text);
            fovea_objects_close(objects);
            _exit(was_put ? i + 1 : 0);
        }
    }
    (void)close(gate[0]);
    (void)close(gate[1]);
    char winner[2] = "";
    for (int i = 0; i < N; i++) {
        int how = 0;
        assert_int_equal(waitpid(children[i], &how, 0), children[i]);
        assert_true(WIFEXITED(how));
        if (WEXITSTATUS(how)) {
            assert_int_equal(WEXITSTATUS(how), i + 1);
            winner[0] = (char)('a' + i);
            n_put++;
        }
    }
    struct fovea_objects *objects = open_place();
    assert_int_equal(n_put, 1);
    assert_object(objects, "manifest.json", winner);
    fovea_objects_close(objects);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_is_put_is_there_and_is_not_replaced,
                empty_root),
        cmocka_unit_test_teardown(
                only_the_version_that_was_looked_at_is_replaced, empty_root),
        cmocka_unit_test_teardown(nothing_is_left_of_a_draft, empty_root),
        cmocka_unit_test_teardown(more_bytes_than_wanted_are_refused,
                empty_root),
        cmocka_unit_test_teardown(keys_lead_nowhere_else, empty_root),
        cmocka_unit_test_teardown(links_are_not_followed, empty_root),
        cmocka_unit_test_teardown(a_folder_of_keys_is_listed, empty_root),
        cmocka_unit_test_teardown(one_of_many_puts_an_object, empty_root),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
