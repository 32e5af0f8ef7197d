/* The index folder: what is written is there for others, and after a close. */
#include <fcntl.h>
#include <math.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "index/compact.h"
#include "index/contents.h"
#include "index/files.h"
#include "index/items.h"
#include "index/mask.h"
#include "index/roots.h"
#include "index/rows.h"
#include "index/run.h"
#include "support/index.h"
#include "support/test.h"
#include "support/tree.h"

static char root[] = "/dev/shm/fovea-index-XXXXXX";

TREE_FIXTURE_IN_MEMORY(root)

enum {
    DIMENSION = 4,
};

static struct fovea_index_folder *
open_index(enum fovea_index_access access)
{
    struct fovea_error error;
    struct fovea_index_folder *folder = NULL;
    assert_ok(fovea_index_folder_open("x", access, &folder, &error), &error);
    return folder;
}

static void
commit(struct fovea_index_folder *folder)
{
    struct fovea_error error;
    assert_ok(fovea_index_commit(folder, &error), &error);
}

static const struct fovea_index_set *
only_set(struct fovea_index_folder *folder)
{
    struct fovea_error error;
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    assert_ok(fovea_index_sets(folder, &sets, &n, &error), &error);
    assert_int_equal(n, 1);
    return sets;
}

/* The paths of files, each with a space behind it. */
static const char *
list_files(struct fovea_index_folder *folder,
        const struct fovea_index_file_query *query)
{
    static char text[1024];
    struct fovea_error error;
    struct fovea_index_files *files = NULL;
    const struct fovea_index_file *file = NULL;
    text[0] = '\0';
    assert_ok(fovea_index_files_open(folder, query, &files, &error), &error);
    for (;;) {
        assert_ok(fovea_index_files_next(files, &file, &error), &error);
        if (!file) {
            break;
        }
        size_t size = strlen(text);
        (void)snprintf(text + size, sizeof text - size, "%s ", file->path);
    }
    fovea_index_files_close(files);
    return text;
}

static void
opens_what_it_made(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_index_folder *folder = NULL;
    assert_false(fovea_index_folder_is_there("x"));
    assert_fails(
            fovea_index_folder_open("x", FOVEA_INDEX_READ, &folder, &error),
            &error, FOVEA_ERR_INDEX_NOT_FOUND, "x");
    folder = open_index(FOVEA_INDEX_CREATE);
    int64_t set = index_add_set(folder, "model/a", DIMENSION);
    int64_t content = index_add(folder, set, 1);
    commit(folder);
    fovea_index_folder_close(folder);
    assert_true(fovea_index_folder_is_there("x"));
    folder = open_index(FOVEA_INDEX_READ);
    const struct fovea_index_set *found = only_set(folder);
    int64_t of_row = 0;
    assert_int_equal(found->n_rows, 1);
    assert_string_equal(found->key.model, "model/a");
    assert_int_equal(found->key.dimension, DIMENSION);
    assert_true(found->key.has_words);
    assert_ok(fovea_index_row_content(folder, found, 0, &of_row, &error),
            &error);
    assert_int_equal(of_row, content);
    assert_fails(fovea_index_row_content(folder, found, 1, &of_row, &error),
            &error, FOVEA_ERR_NO_ITEM, "row 1");
    const struct fovea_index_row row = { 0, content };
    index_check_row(folder, found, &row);
    assert_fails(fovea_index_commit(folder, &error)
                    ? FOVEA_OK
                    : fovea_index_item_remove(folder, "a", &error),
            &error, FOVEA_ERR_INDEX_READ_ONLY, "reading");
    fovea_index_folder_close(folder);
}

static void
a_second_writer_is_refused_with_the_firsts_number(void **state)
{
    (void)state;
    struct fovea_error error;
    char number[32];
    struct fovea_index_folder *second = NULL;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_CREATE);
    (void)snprintf(number, sizeof number, "process %d", (int)getpid());
    assert_fails(
            fovea_index_folder_open("x", FOVEA_INDEX_WRITE, &second, &error),
            &error, FOVEA_ERR_INDEX_BUSY, number);
    assert_fails(
            fovea_index_folder_open("x", FOVEA_INDEX_CREATE, &second, &error),
            &error, FOVEA_ERR_INDEX_BUSY, number);
    second = open_index(FOVEA_INDEX_READ);
    fovea_index_folder_close(second);
    fovea_index_folder_close(folder);
    fovea_index_folder_close(open_index(FOVEA_INDEX_WRITE));
}

static void
a_folder_with_other_things_is_no_place(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_index_folder *folder = NULL;
    assert_int_equal(tree_put(root, "/x/notes.txt", "mine"), 0);
    assert_fails(
            fovea_index_folder_open("x", FOVEA_INDEX_CREATE, &folder, &error),
            &error, FOVEA_ERR_OUTPUT_REFUSED, "notes.txt");
    assert_int_equal(access("x/notes.txt", F_OK), 0);
    assert_int_equal(access("x/index.sqlite", F_OK), -1);
    assert_fails(fovea_index_folder_open("no/x", FOVEA_INDEX_CREATE, &folder,
                         &error),
            &error, FOVEA_ERR_FILE_NOT_FOUND, "no/x");
}

static void
a_private_folder_is_for_the_user_alone(void **state)
{
    (void)state;
    struct stat info;
    fovea_index_folder_close(open_index(FOVEA_INDEX_CREATE_PRIVATE));
    assert_int_equal(stat("x", &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
}

static void
files_come_in_the_order_of_their_bytes(void **state)
{
    (void)state;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_CREATE);
    int64_t set = index_add_set(folder, "model/a", DIMENSION);
    int64_t where = index_add_root(folder, "/p");
    int64_t other = index_add_root(folder, "/q");
    static const char *const paths[] = { "b", "a/b", "a.b", "\xff", "a0", "B" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(paths); i++) {
        (void)index_add_file(folder, set, where, paths[i], i + 1);
    }
    (void)index_add_file(folder, set, other, "a", 2);
    assert_string_equal(
            list_files(folder, &(struct fovea_index_file_query){ 0 }),
            "B a.b a/b a0 b \xff a ");
    assert_string_equal(
            list_files(folder,
                    &(struct fovea_index_file_query){ .root = other }),
            "a ");
    struct fovea_index_content content;
    struct fovea_error error;
    assert_ok(fovea_index_content_find(folder, index_content(2).digest,
                      &content, &error),
            &error);
    assert_string_equal(
            list_files(folder,
                    &(struct fovea_index_file_query){ .content = content.id }),
            "a/b a ");
    assert_string_equal(
            list_files(folder,
                    &(struct fovea_index_file_query){ .content = content.id,
                            .root = other }),
            "a ");
    fovea_index_folder_close(folder);
}

/* More than a page, and changed while it is read. */
static void
a_walk_over_files_may_change_them(void **state)
{
    (void)state;
    enum {
        N = 1300
    };
    struct fovea_error error;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_CREATE);
    int64_t where = index_add_root(folder, "/p");
    for (int i = 0; i < N; i++) {
        char name[16];
        const struct fovea_index_file file = { .root = where, .path = name };
        (void)snprintf(name, sizeof name, "%05d", i);
        assert_ok(fovea_index_file_put(folder, &file, &error), &error);
    }
    const struct fovea_index_file_query all = { 0 };
    struct fovea_index_files *files = NULL;
    int n = 0;
    assert_ok(fovea_index_files_open(folder, &all, &files, &error), &error);
    for (;; n++) {
        const struct fovea_index_file *file = NULL;
        char name[16];
        assert_ok(fovea_index_files_next(files, &file, &error), &error);
        if (!file) {
            break;
        }
        (void)snprintf(name, sizeof name, "%05d", n);
        assert_string_equal(file->path, name);
        if (n % 2 == 0) {
            assert_ok(fovea_index_file_remove(folder, where, name, &error),
                    &error);
        }
        if (n % 500 == 0) {
            commit(folder);
        }
    }
    fovea_index_files_close(files);
    assert_int_equal(n, N);
    struct fovea_index_counts counts;
    assert_ok(fovea_index_count(folder, &counts, &error), &error);
    assert_int_equal(counts.n_files, N / 2);
    fovea_index_folder_close(folder);
}

static void
a_failure_is_kept_until_the_file_changes(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_CREATE);
    int64_t where = index_add_root(folder, "/p");
    struct fovea_index_file file = { .root = where,
        .path = "bad.jpg",
        .size_bytes = 7,
        .mtime_ns = -5,
        .inode = UINT64_MAX,
        .failure = FOVEA_ERR_IMAGE_CORRUPT,
        .message = "broken\nhere",
        .failed_at_s = 99 };
    const struct fovea_index_file *found = NULL;
    assert_ok(fovea_index_file_put(folder, &file, &error), &error);
    assert_ok(fovea_index_file_get(folder, where, "bad.jpg", &found, &error),
            &error);
    assert_int_equal(found->failure, FOVEA_ERR_IMAGE_CORRUPT);
    assert_string_equal(found->message, "broken?here");
    assert_int_equal(found->mtime_ns, -5);
    assert_true(found->inode == UINT64_MAX);
    assert_int_equal(found->failed_at_s, 99);
    assert_string_equal(
            list_files(folder,
                    &(struct fovea_index_file_query){ .failed = true }),
            "bad.jpg ");
    file.failure = FOVEA_OK;
    assert_ok(fovea_index_file_put(folder, &file, &error), &error);
    assert_string_equal(
            list_files(folder,
                    &(struct fovea_index_file_query){ .failed = true }),
            "");
    assert_ok(fovea_index_file_remove(folder, where, "bad.jpg", &error),
            &error);
    assert_fails(fovea_index_file_remove(folder, where, "bad.jpg", &error),
            &error, FOVEA_ERR_NO_ITEM, "bad.jpg");
    file.root = 77;
    assert_fails(fovea_index_file_put(folder, &file, &error), &error,
            FOVEA_ERR_ARGUMENT, "root");
    commit(folder); /* what was refused took nothing with it */
    fovea_index_folder_close(folder);
}

static void
contents_go_when_nothing_leads_to_them(void **state)
{
    (void)state;
    struct fovea_error error;
    uint64_t n = 9;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_CREATE);
    int64_t set = index_add_set(folder, "model/a", DIMENSION);
    int64_t where = index_add_root(folder, "/p");
    int64_t first = index_add_file(folder, set, where, "a", 1);
    int64_t second = index_add_file(folder, set, where, "b", 2);
    /* A rename: the new name comes, the old one goes. */
    assert_int_equal(index_add_file(folder, set, where, "c", 1), first);
    assert_ok(fovea_index_file_remove(folder, where, "a", &error), &error);
    const struct fovea_index_item item = { "of mine", second, 5 };
    assert_ok(fovea_index_item_put(folder, &item, &error), &error);
    assert_ok(fovea_index_file_remove(folder, where, "b", &error), &error);
    assert_ok(fovea_index_sweep(folder, &n, &error), &error);
    assert_int_equal(n, 0);
    assert_int_equal(only_set(folder)->n_live, 2);
    assert_ok(fovea_index_file_remove(folder, where, "c", &error), &error);
    assert_ok(fovea_index_sweep(folder, &n, &error), &error);
    assert_int_equal(n, 1);
    assert_int_equal(only_set(folder)->n_live, 1);
    assert_int_equal(only_set(folder)->n_rows, 2);
    struct fovea_index_content content;
    assert_fails(fovea_index_content_get(folder, first, &content, &error),
            &error, FOVEA_ERR_NO_ITEM, "content");
    /* An item's content goes with it, at once. */
    assert_ok(fovea_index_item_remove(folder, "of mine", &error), &error);
    assert_int_equal(only_set(folder)->n_live, 0);
    assert_fails(fovea_index_item_remove(folder, "of mine", &error), &error,
            FOVEA_ERR_NO_ITEM, "of mine");
    /* Numbers of contents are never given again. */
    assert_true(index_add(folder, set, 3) > second);
    commit(folder);
    fovea_index_folder_close(folder);
}

static void
bad_vectors_take_nothing_with_them(void **state)
{
    (void)state;
    struct fovea_error error;
    int64_t id = 0;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_CREATE);
    int64_t set = index_add_set(folder, "model/a", DIMENSION);
    (void)index_add(folder, set, 1);
    static const float bad[][DIMENSION] = { { 0, 0, 0, 0 }, { NAN, 1, 1, 1 },
        { 1, INFINITY, 0, 0 } };
    const struct fovea_index_content content = index_content(2);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(bad); i++) {
        const struct fovea_index_vector vector = { set, bad[i] };
        assert_fails(fovea_index_content_put(folder, &content, &vector, 1, &id,
                             &error),
                &error, FOVEA_ERR_ARGUMENT, "model/a");
    }
    const struct fovea_index_vector nowhere = { set + 1, bad[0] };
    assert_fails(
            fovea_index_content_put(folder, &content, &nowhere, 1, &id, &error),
            &error, FOVEA_ERR_INDEX_MODEL, "set");
    struct fovea_index_content none = content;
    none.digest[5] = 'X';
    assert_fails(fovea_index_content_put(folder, &none, NULL, 0, &id, &error),
            &error, FOVEA_ERR_ARGUMENT, "digest");
    const struct fovea_index_set *found = NULL;
    assert_fails(fovea_index_set_find(folder, "model/b", &found, &error),
            &error, FOVEA_ERR_INDEX_MODEL, "it has model/a");
    commit(folder);
    assert_int_equal(only_set(folder)->n_live, 1);
    fovea_index_folder_close(folder);
}

static void
a_second_set_is_filled_later(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_CREATE);
    int64_t set = index_add_set(folder, "model/a", DIMENSION);
    int64_t where = index_add_root(folder, "/p");
    (void)index_add_file(folder, set, where, "a", 1);
    (void)index_add_file(folder, set, where, "b", 2);
    int64_t more = index_add_set(folder, "model/b", 2 * DIMENSION);
    (void)index_add(folder, more, 2);
    commit(folder);
    assert_string_equal(
            list_files(folder,
                    &(struct fovea_index_file_query){ .missing_set = more }),
            "a ");
    assert_ok(fovea_index_set_remove(folder, more, &error), &error);
    commit(folder);
    assert_int_equal(only_set(folder)->n_live, 2);
    fovea_index_folder_close(folder);
    fovea_index_folder_close(open_index(FOVEA_INDEX_WRITE));
    assert_int_equal(access("x/segments/1.seg", F_OK), 0);
    assert_int_equal(access("x/segments/2.seg", F_OK), -1);
}

static void
a_reader_sees_one_state(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_index_compacted done;
    uint64_t n = 0;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_CREATE);
    int64_t set = index_add_set(folder, "model/a", DIMENSION);
    int64_t where = index_add_root(folder, "/p");
    int64_t first = index_add_file(folder, set, where, "a", 1);
    (void)index_add_file(folder, set, where, "b", 2);
    commit(folder);
    struct fovea_index_folder *reader = open_index(FOVEA_INDEX_READ);
    assert_ok(fovea_index_snapshot_begin(reader, &error), &error);
    const struct fovea_index_set *seen = only_set(reader);
    assert_int_equal(seen->n_rows, 2);

    /* Not committed, committed, compacted: the reader's rows stay. */
    assert_ok(fovea_index_file_remove(folder, where, "a", &error), &error);
    assert_ok(fovea_index_sweep(folder, &n, &error), &error);
    (void)index_add_file(folder, set, where, "c", 3);
    commit(folder);
    assert_ok(fovea_index_compact(folder, NULL, &done, &error), &error);
    assert_int_equal(done.n_tombstones, 1);
    assert_int_equal(access("x/segments/1.seg", F_OK), -1);
    assert_string_equal(
            list_files(reader, &(struct fovea_index_file_query){ 0 }), "a b ");
    const struct fovea_index_row row = { 0, first };
    index_check_row(reader, seen, &row);
    assert_ptr_equal(only_set(reader), seen);
    fovea_index_snapshot_end(reader);

    assert_string_equal(
            list_files(reader, &(struct fovea_index_file_query){ 0 }), "b c ");
    seen = only_set(reader);
    assert_int_equal(seen->n_rows, 2);
    assert_int_equal(seen->n_live, 2);
    fovea_index_folder_close(reader);
    fovea_index_folder_close(folder);
}

static void
a_rollback_forgets_everything(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_CREATE);
    int64_t set = index_add_set(folder, "model/a", DIMENSION);
    int64_t where = index_add_root(folder, "/p");
    (void)index_add_file(folder, set, where, "a", 1);
    commit(folder);
    (void)index_add_file(folder, set, where, "b", 2);
    (void)only_set(folder);
    fovea_index_rollback(folder);
    assert_string_equal(
            list_files(folder, &(struct fovea_index_file_query){ 0 }), "a ");
    /* Another vector comes to the place of the one that was forgotten. */
    int64_t third = index_add_file(folder, set, where, "c", 3);
    commit(folder);
    uint64_t place = 0;
    const struct fovea_index_set *seen = only_set(folder);
    assert_int_equal(seen->n_rows, 2);
    assert_ok(fovea_index_content_row(folder, seen, third, &place, &error),
            &error);
    const struct fovea_index_row row = { place, third };
    index_check_row(folder, seen, &row);
    fovea_index_folder_close(folder);
}

static void
assert_mask(struct fovea_index_folder *folder,
        const struct fovea_index_filter *filter, uint64_t expected)
{
    struct fovea_error error;
    uint64_t *mask = NULL;
    uint64_t n = 0;
    assert_ok(fovea_index_mask(folder, only_set(folder), filter, &mask, &n,
                      &error),
            &error);
    if (mask) {
        assert_true(mask[0] == expected);
    }
    assert_int_equal(n, __builtin_popcountll(expected));
    free(mask);
}

static void
masks_go_by_names_times_and_roots(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_CREATE);
    int64_t set = index_add_set(folder, "model/a", DIMENSION);
    int64_t where = index_add_root(folder, "/p");
    int64_t other = index_add_root(folder, "/q");
    (void)index_add_file(folder, set, where, "trip/1.jpg", 1); /* at 1000 */
    (void)index_add_file(folder, set, where, "trip/2.png", 2); /* file: 2 */
    (void)index_add_file(folder, set, other, "3.jpg", 3);      /* at 3000 */
    const struct fovea_index_item item = { "name.jpg",
        index_add(folder, set, 4), 2000 };
    assert_ok(fovea_index_item_put(folder, &item, &error), &error);
    assert_mask(folder, NULL, 15);
    const char *jpg[] = { "*.jpg" };
    const char *trip[] = { "trip/*" };
    assert_mask(folder, &(struct fovea_index_filter){ 0 }, 15);
    assert_mask(folder,
            &(struct fovea_index_filter){ .globs = jpg, .n_globs = 1 },
            1 | 4 | 8);
    assert_mask(folder,
            &(struct fovea_index_filter){ .globs = trip, .n_globs = 1 }, 3);
    assert_mask(folder,
            &(struct fovea_index_filter){ .not_globs = trip, .n_not_globs = 1 },
            4 | 8);
    assert_mask(folder,
            &(struct fovea_index_filter){ .roots = &where, .n_roots = 1 }, 3);
    const struct fovea_date_range late = { .has_since = true,
        .since_s = 1000,
        .file_since_s = 1000 };
    const struct fovea_date_range early = { .has_until = true,
        .until_s = 999,
        .file_until_s = 999 };
    assert_mask(folder, &(struct fovea_index_filter){ .dates = late },
            1 | 4 | 8);
    assert_mask(folder, &(struct fovea_index_filter){ .dates = early }, 2);
    assert_ok(fovea_index_item_remove(folder, "name.jpg", &error), &error);
    assert_mask(folder, NULL, 7);
    fovea_index_folder_close(folder);
}

static void
assert_root(struct fovea_index_folder *folder, const char *path)
{
    struct fovea_error error;
    struct fovea_index_root *roots = NULL;
    size_t n = 0;
    assert_ok(fovea_index_roots(folder, &roots, &n, &error), &error);
    assert_true(n > 0);
    assert_string_equal(roots[n - 1].path, path);
    free(roots);
}

static void
an_index_inside_its_root_moves_with_it(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_index_folder *folder = NULL;
    char path[64];
    assert_int_equal(mkdir("a", 0700), 0);
    assert_ok(fovea_index_folder_open("a/.fovea", FOVEA_INDEX_CREATE, &folder,
                      &error),
            &error);
    (void)snprintf(path, sizeof path, "%s/a", root);
    (void)index_add_root(folder, path);
    commit(folder);
    fovea_index_folder_close(folder);
    assert_int_equal(rename("a", "b"), 0);
    assert_ok(fovea_index_folder_open("b/.fovea", FOVEA_INDEX_WRITE, &folder,
                      &error),
            &error);
    (void)snprintf(path, sizeof path, "%s/b", root);
    assert_root(folder, path);
    int64_t again = 0;
    assert_ok(fovea_index_root_put(folder, path, 5, 6, &again, &error), &error);
    assert_int_equal(again, 1);
    fovea_index_folder_close(folder);
}

static void
roots_elsewhere_are_relocated(void **state)
{
    (void)state;
    struct fovea_error error;
    size_t n = 0;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_CREATE);
    int64_t first = index_add_root(folder, "/mnt/disk");
    (void)index_add_root(folder, "/mnt/disk/more");
    (void)index_add_root(folder, "/mnt/diskette");
    assert_fails(fovea_index_relocate(folder, "/none", "/x", &n, &error),
            &error, FOVEA_ERR_NO_ITEM, "/none");
    assert_fails(fovea_index_relocate(folder, "mnt", "/x", &n, &error), &error,
            FOVEA_ERR_ARGUMENT, "mnt");
    assert_ok(
            fovea_index_relocate(folder, "/mnt/disk", "/media/me", &n, &error),
            &error);
    assert_int_equal(n, 2);
    assert_root(folder, "/mnt/diskette");
    int64_t found = 0;
    assert_ok(fovea_index_root_put(folder, "/media/me", 1, 1, &found, &error),
            &error);
    assert_int_equal(found, first);
    assert_fails(fovea_index_relocate(folder, "/mnt/diskette", "/media/me", &n,
                         &error),
            &error, FOVEA_ERR_ARGUMENT, "already");
    commit(folder);
    fovea_index_folder_close(folder);
}

static void
a_run_is_seen_by_others(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_index_run run = { .phase = "embedding",
        .n_done = 3,
        .n_total = 10,
        .started_s = 100,
        .updated_s = 105 };
    struct fovea_index_run seen;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_CREATE);
    struct fovea_index_folder *reader = open_index(FOVEA_INDEX_READ);
    assert_fails(fovea_index_run_get(reader, &seen, &error), &error,
            FOVEA_ERR_NO_ITEM, "yet");
    assert_ok(fovea_index_run_put(folder, &run, &error), &error);
    commit(folder);
    assert_ok(fovea_index_run_get(reader, &seen, &error), &error);
    assert_true(seen.is_going);
    assert_int_equal(seen.pid, getpid());
    assert_int_equal(seen.n_done, 3);
    assert_string_equal(seen.phase, "embedding");
    fovea_index_folder_close(folder); /* and was not told that it is done */
    assert_ok(fovea_index_run_get(reader, &seen, &error), &error);
    assert_false(seen.is_going);
    fovea_index_folder_close(reader);
}

/* As an owner who may not write there, which root is never. */
static int
read_as_nobody(void)
{
    struct fovea_error error;
    struct fovea_index_folder *folder = NULL;
    if (getuid() == 0 && (setgid(65534) || setuid(65534))) {
        return 9;
    }
    if (fovea_index_folder_open("x", FOVEA_INDEX_WRITE, &folder, &error) !=
            FOVEA_ERR_INDEX_READ_ONLY) {
        return 1;
    }
    if (fovea_index_folder_open("x", FOVEA_INDEX_READ, &folder, &error)) {
        (void)fprintf(stderr, "%s\n", error.message);
        return 2;
    }
    const struct fovea_index_set *sets = NULL;
    float values[DIMENSION];
    size_t n = 0;
    bool is_right = !fovea_index_sets(folder, &sets, &n, &error) && n == 1 &&
            !fovea_index_row_vector(sets, 0, values, &error);
    fovea_index_folder_close(folder);
    return is_right ? 0 : 3;
}

static void
a_folder_that_may_not_be_written_is_read(void **state)
{
    (void)state;
    int how = 0;
    (void)umask(022);
    assert_int_equal(chmod(".", 0755), 0);
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_CREATE);
    (void)index_add(folder, index_add_set(folder, "model/a", DIMENSION), 1);
    commit(folder);
    fovea_index_folder_close(folder);
    assert_int_equal(chmod("x/segments", 0555), 0);
    assert_int_equal(chmod("x", 0555), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(read_as_nobody());
    }
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
    assert_int_equal(chmod("x", 0755), 0);
    assert_int_equal(chmod("x/segments", 0755), 0);
}

/* Files may not grow: an error, and no SIGXFSZ for the host. */
static int
write_under_limit(void)
{
    struct fovea_error error;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_WRITE);
    const struct rlimit limit = { 1 << 18, 1 << 18 };
    enum fovea_status status = FOVEA_OK;
    if (setrlimit(RLIMIT_FSIZE, &limit)) {
        return 9;
    }
    for (uint64_t i = 10; !status && i < 100000; i++) {
        char name[16];
        const struct fovea_index_file file = { .root = 1, .path = name };
        (void)snprintf(name, sizeof name, "%06d", (int)i);
        status = fovea_index_file_put(folder, &file, &error);
        if (!status && i % 1000 == 0) {
            status = fovea_index_commit(folder, &error);
        }
    }
    fovea_index_folder_close(folder);
    return status == FOVEA_ERR_DISK_FULL && strstr(error.message, "ulimit -f")
            ? 0
            : 1;
}

static void
a_limit_on_files_is_an_error(void **state)
{
    (void)state;
    int how = 0;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_CREATE);
    int64_t set = index_add_set(folder, "model/a", DIMENSION);
    (void)index_add_file(folder, set, index_add_root(folder, "/p"), "a", 1);
    commit(folder);
    fovea_index_folder_close(folder);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(write_under_limit());
    }
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
    folder = open_index(FOVEA_INDEX_WRITE);
    assert_int_equal(only_set(folder)->n_live, 1);
    fovea_index_folder_close(folder);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, empty_root)
    const struct CMUnitTest tests[] = {
        TEST(opens_what_it_made),
        TEST(a_second_writer_is_refused_with_the_firsts_number),
        TEST(a_folder_with_other_things_is_no_place),
        TEST(a_private_folder_is_for_the_user_alone),
        TEST(files_come_in_the_order_of_their_bytes),
        TEST(a_walk_over_files_may_change_them),
        TEST(a_failure_is_kept_until_the_file_changes),
        TEST(contents_go_when_nothing_leads_to_them),
        TEST(bad_vectors_take_nothing_with_them),
        TEST(a_second_set_is_filled_later),
        TEST(a_reader_sees_one_state),
        TEST(a_rollback_forgets_everything),
        TEST(masks_go_by_names_times_and_roots),
        TEST(an_index_inside_its_root_moves_with_it),
        TEST(roots_elsewhere_are_relocated),
        TEST(a_run_is_seen_by_others),
        TEST(a_folder_that_may_not_be_written_is_read),
        TEST(a_limit_on_files_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
