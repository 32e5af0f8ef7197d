/* An index of an older format: upgraded in a copy, whole or not at all. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index/db.h"
#include "index/folder.h"
#include "index/upgrade.h"
#include "support/index.h"
#include "support/test.h"
#include "support/tree.h"

static char root[] = "/dev/shm/fovea-upgrade-XXXXXX";

TREE_FIXTURE_IN_MEMORY(root)

#define DATABASE "x/index.sqlite"

/* From format 1 to one with another table, to one with a column more. */
static const char *const texts[] = {
    "CREATE TABLE more (a INTEGER) STRICT; INSERT INTO more VALUES (7)",
    "ALTER TABLE more ADD COLUMN b INTEGER NOT NULL DEFAULT 8",
};
static const char *const bad_texts[] = {
    "CREATE TABLE more (a INTEGER) STRICT; INSERT INTO more VALUES (7)",
    "ALTER TABLE none ADD COLUMN b INTEGER",
};

static int
make_index(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_index_folder *folder = NULL;
    assert_ok(fovea_index_folder_open("x", FOVEA_INDEX_CREATE, &folder, &error),
            &error);
    (void)index_add(folder, index_add_set(folder, "model/a", 4), 1);
    assert_ok(fovea_index_commit(folder, &error), &error);
    fovea_index_folder_close(folder);
    return 0;
}

static int64_t
read_number(struct fovea_db *db, const char *sql)
{
    struct fovea_error error;
    int64_t number = 0;
    assert_ok(fovea_db_read_number(db, sql, &number, &error), &error);
    return number;
}

static void
upgrade(bool can_write)
{
    const struct fovea_upgrade_steps steps = { texts, 2 };
    struct fovea_error error;
    struct fovea_db db = { .name = "x" };
    int fd = open("x", O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    assert_ok(fovea_db_open(&db, DATABASE,
                      can_write ? FOVEA_DB_WRITE : FOVEA_DB_READ, &error),
            &error);
    assert_ok(fovea_upgrade_by(&db, DATABASE, fd, can_write, &steps, &error),
            &error);
    assert_int_equal(read_number(&db, "PRAGMA user_version"), 3);
    assert_int_equal(read_number(&db, "SELECT a + b FROM more"), 15);
    assert_int_equal(read_number(&db, "SELECT count(*) FROM contents"), 1);
    assert_int_equal(access(DATABASE ".new", F_OK), -1);
    fovea_db_close(&db);
    (void)close(fd);
}

static int64_t
version_on_disk(void)
{
    struct fovea_error error;
    struct fovea_db db = { .name = "x" };
    assert_ok(fovea_db_open(&db, DATABASE, FOVEA_DB_READ, &error), &error);
    int64_t version = read_number(&db, "PRAGMA user_version");
    fovea_db_close(&db);
    return version;
}

static void
a_writer_upgrades_the_file(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_index_folder *folder = NULL;
    upgrade(true);
    assert_int_equal(version_on_disk(), 3);
    /* And whoever knows less of it leaves it alone. */
    assert_fails(
            fovea_index_folder_open("x", FOVEA_INDEX_WRITE, &folder, &error),
            &error, FOVEA_ERR_INDEX_NEWER, "format 3");
    assert_int_equal(version_on_disk(), 3);
}

static void
a_reader_upgrades_a_copy_in_memory(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_index_folder *folder = NULL;
    upgrade(false);
    assert_int_equal(version_on_disk(), 1);
    assert_ok(fovea_index_folder_open("x", FOVEA_INDEX_READ, &folder, &error),
            &error);
    fovea_index_folder_close(folder);
}

static void
a_step_that_fails_leaves_the_index_as_it_was(void **state)
{
    (void)state;
    const struct fovea_upgrade_steps steps = { bad_texts, 2 };
    struct fovea_error error;
    struct fovea_index_folder *folder = NULL;
    struct fovea_db db = { .name = "x" };
    int fd = open("x", O_RDONLY | O_DIRECTORY);
    assert_ok(fovea_db_open(&db, DATABASE, FOVEA_DB_WRITE, &error), &error);
    assert_fails(fovea_upgrade_by(&db, DATABASE, fd, true, &steps, &error),
            &error, FOVEA_ERR_INDEX_DAMAGED, "none");
    fovea_db_close(&db);
    (void)close(fd);
    assert_int_equal(version_on_disk(), 1);
    assert_ok(fovea_index_folder_open("x", FOVEA_INDEX_WRITE, &folder, &error),
            &error);
    fovea_index_folder_close(folder);
}

static void
an_index_that_is_read_is_not_replaced(void **state)
{
    (void)state;
    const struct fovea_upgrade_steps steps = { texts, 2 };
    struct fovea_error error;
    struct fovea_index_folder *reader = NULL;
    struct fovea_db db = { .name = "x" };
    int fd = open("x", O_RDONLY | O_DIRECTORY);
    assert_ok(fovea_index_folder_open("x", FOVEA_INDEX_READ, &reader, &error),
            &error);
    assert_ok(fovea_index_snapshot_begin(reader, &error), &error);
    assert_ok(fovea_db_open(&db, DATABASE, FOVEA_DB_WRITE, &error), &error);
    (void)sqlite3_busy_timeout(db.sqlite, 0);
    assert_fails(fovea_upgrade_by(&db, DATABASE, fd, true, &steps, &error),
            &error, FOVEA_ERR_INDEX_BUSY, "another process");
    fovea_db_close(&db);
    (void)close(fd);
    fovea_index_snapshot_end(reader);
    fovea_index_folder_close(reader);
    assert_int_equal(version_on_disk(), 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_index, empty_root)
    const struct CMUnitTest tests[] = {
        TEST(a_writer_upgrades_the_file),
        TEST(a_reader_upgrades_a_copy_in_memory),
        TEST(a_step_that_fails_leaves_the_index_as_it_was),
        TEST(an_index_that_is_read_is_not_replaced),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
