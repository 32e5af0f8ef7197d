/* An index on a file system of another machine, where SQLite's log cannot be
   shared. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "index/folder.h"
#include "index/rows.h"
#include "support/index.h"
#include "support/test.h"
#include "support/tree.h"

static char root[] = "/dev/shm/fovea-remote-XXXXXX";

TREE_FIXTURE_IN_MEMORY(root)

static bool is_remote;

int __real_fstatfs64(int fd, struct statfs *info);
int __wrap_fstatfs64(int fd, struct statfs *info);

int
__wrap_fstatfs64(int fd, struct statfs *info)
{
    int result = __real_fstatfs64(fd, info);
    if (is_remote) {
        info->f_type = 0x6969; /* NFS */
    }
    return result;
}

static struct fovea_index_folder *
open_index(enum fovea_index_access access)
{
    struct fovea_error error;
    struct fovea_index_folder *folder = NULL;
    assert_ok(fovea_index_folder_open("x", access, &folder, &error), &error);
    return folder;
}

static void
add(struct fovea_index_folder *folder, uint64_t number)
{
    struct fovea_error error;
    (void)index_add(folder, 1, number);
    assert_ok(fovea_index_commit(folder, &error), &error);
}

static uint64_t
count_rows(struct fovea_index_folder *folder)
{
    struct fovea_error error;
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    assert_ok(fovea_index_sets(folder, &sets, &n, &error), &error);
    assert_int_equal(n, 1);
    return sets->n_rows;
}

static bool
has_log(void)
{
    char head[20];
    int fd = open("x/index.sqlite", O_RDONLY);
    assert_int_equal(read(fd, head, sizeof head), sizeof head);
    (void)close(fd);
    return head[19] == 2;
}

static int
make_index(void **state)
{
    (void)state;
    is_remote = false;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_CREATE);
    assert_int_equal(index_add_set(folder, "model/a", 4), 1);
    add(folder, 1);
    fovea_index_folder_close(folder);
    assert_true(has_log());
    return 0;
}

static void
a_writer_there_has_no_log(void **state)
{
    (void)state;
    is_remote = true;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_WRITE);
    assert_false(has_log());
    add(folder, 2);
    struct fovea_index_folder *reader = open_index(FOVEA_INDEX_READ);
    assert_int_equal(count_rows(reader), 2);
    add(folder, 3);
    assert_int_equal(count_rows(reader), 3);
    assert_int_equal(access("x/index.sqlite-wal", F_OK), -1);
    fovea_index_folder_close(reader);
    fovea_index_folder_close(folder);
    /* Back at home it has one again. */
    is_remote = false;
    fovea_index_folder_close(open_index(FOVEA_INDEX_WRITE));
    assert_true(has_log());
}

static void
a_reader_there_shares_no_memory(void **state)
{
    (void)state;
    is_remote = true;
    struct fovea_index_folder *reader = open_index(FOVEA_INDEX_READ);
    assert_int_equal(count_rows(reader), 1);
    assert_int_equal(access("x/index.sqlite-shm", F_OK), -1);
    fovea_index_folder_close(reader);
    assert_true(has_log());
}

/* Reading the file without its log would be reading half of a state. */
static void
changes_in_a_log_are_not_passed_over(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_index_folder *folder = open_index(FOVEA_INDEX_WRITE);
    struct fovea_index_folder *reader = NULL;
    add(folder, 2);
    is_remote = true;
    assert_fails(
            fovea_index_folder_open("x", FOVEA_INDEX_READ, &reader, &error),
            &error, FOVEA_ERR_INDEX_READ_ONLY, "index.sqlite-wal");
    fovea_index_folder_close(folder);
    reader = open_index(FOVEA_INDEX_READ);
    assert_int_equal(count_rows(reader), 2);
    fovea_index_folder_close(reader);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_index, empty_root)
    const struct CMUnitTest tests[] = {
        TEST(a_writer_there_has_no_log),
        TEST(a_reader_there_shares_no_memory),
        TEST(changes_in_a_log_are_not_passed_over),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
