/*
 * An index that is not what was written: cut, flipped, missing, of another version,
 * with tables of somebody else's. Each has a clear error, and the check tells all.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "index/check.h"
#include "index/files.h"
#include "index/items.h"
#include "index/roots.h"
#include "support/index.h"
#include "support/test.h"
#include "support/tree.h"

static char root[] = "/dev/shm/fovea-damage-XXXXXX";

TREE_FIXTURE_IN_MEMORY(root)

enum {
    DIMENSION = 8,
    N_FILES = 5,
    MAX_TOLD = 32,
    TOLD_SIZE = 300,
};

#define SEGMENT "x/segments/1.seg"

static int
make_index(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_index_folder *folder = NULL;
    assert_ok(fovea_index_folder_open("x", FOVEA_INDEX_CREATE, &folder, &error),
            &error);
    int64_t set = index_add_set(folder, "model/a", DIMENSION);
    int64_t where = index_add_root(folder, "/pictures");
    for (uint64_t i = 1; i <= N_FILES; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%d.jpg", (int)i);
        (void)index_add_file(folder, set, where, name, i);
    }
    assert_ok(fovea_index_commit(folder, &error), &error);
    fovea_index_folder_close(folder);
    return 0;
}

/* What a check tells. */
struct told {
    size_t n;
    char faults[MAX_TOLD][TOLD_SIZE];
};

static bool
note_fault(void *context, const char *fault, const char *remedy)
{
    struct told *told = context;
    assert_true(strlen(remedy) > 10);
    assert_true(told->n < MAX_TOLD);
    (void)snprintf(told->faults[told->n++], TOLD_SIZE, "%s", fault);
    return true;
}

static void
check(struct told *told)
{
    const struct fovea_index_check_calls calls = { .on_fault = note_fault,
        .context = told };
    struct fovea_error error;
    uint64_t n = 0;
    told->n = 0;
    assert_ok(fovea_index_check("x", &calls, &n, &error), &error);
    assert_int_equal(n, told->n);
}

static bool
tells(const struct told *told, const char *part)
{
    for (size_t i = 0; i < told->n; i++) {
        if (strstr(told->faults[i], part)) {
            return true;
        }
    }
    return false;
}

static void
flip(const char *path, off_t offset, size_t n)
{
    uint8_t byte = 0;
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(pread(fd, &byte, 1, offset + (off_t)i), 1);
        byte ^= 0x55;
        assert_int_equal(pwrite(fd, &byte, 1, offset + (off_t)i), 1);
    }
    (void)close(fd);
}

static off_t
size_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_size;
}

static enum fovea_status
open_sets(struct fovea_error *error)
{
    struct fovea_index_folder *folder = NULL;
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    enum fovea_status status =
            fovea_index_folder_open("x", FOVEA_INDEX_READ, &folder, error);
    if (!status) {
        status = fovea_index_sets(folder, &sets, &n, error);
    }
    fovea_index_folder_close(folder);
    return status;
}

/* SQL as somebody else would run it. */
static void
run_sql(const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;
    assert_int_equal(sqlite3_open("x/index.sqlite", &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", sql, message);
    }
    (void)sqlite3_close(db);
}

static void
a_whole_index_has_no_faults(void **state)
{
    (void)state;
    struct told told;
    struct fovea_error error;
    check(&told);
    assert_int_equal(told.n, 0);
    assert_ok(open_sets(&error), &error);
}

static void
a_row_that_was_flipped_is_named(void **state)
{
    (void)state;
    struct told told;
    struct fovea_error error;
    off_t size = size_of(SEGMENT);
    /* Near the end lies the last row. */
    flip(SEGMENT, size - 40, 4);
    check(&told);
    assert_int_equal(told.n, 1);
    assert_true(tells(&told, "row 4"));
    assert_true(tells(&told, "5.jpg"));
    /* Nothing else is lost. */
    assert_ok(open_sets(&error), &error);
}

static void
a_segment_that_was_cut_is_told(void **state)
{
    (void)state;
    struct told told;
    struct fovea_error error;
    assert_int_equal(truncate(SEGMENT, size_of(SEGMENT) - 1), 0);
    assert_fails(open_sets(&error), &error, FOVEA_ERR_INDEX_DAMAGED, "1.seg");
    check(&told);
    assert_int_equal(told.n, 1);
    assert_true(tells(&told, "1.seg"));
}

static void
a_segment_that_is_missing_is_told(void **state)
{
    (void)state;
    struct told told;
    struct fovea_error error;
    assert_int_equal(unlink(SEGMENT), 0);
    assert_fails(open_sets(&error), &error, FOVEA_ERR_INDEX_DAMAGED, "missing");
    check(&told);
    assert_int_equal(told.n, 1);
    assert_true(tells(&told, "5 vectors"));
}

static void
a_segment_of_another_index_is_told(void **state)
{
    (void)state;
    struct told told;
    struct fovea_error error;
    assert_int_equal(rename("x", "y"), 0);
    (void)make_index(NULL);
    assert_int_equal(rename("y/segments/1.seg", SEGMENT), 0);
    assert_fails(open_sets(&error), &error, FOVEA_ERR_INDEX_DAMAGED, "1.seg");
    check(&told);
    assert_int_equal(told.n, 1);
}

static void
a_database_that_was_cut_or_flipped_is_told(void **state)
{
    (void)state;
    struct told told;
    struct fovea_error error;
    off_t size = size_of("x/index.sqlite");
    for (off_t page = 4096; page < size; page += 4096) {
        flip("x/index.sqlite", page + 1, 6);
    }
    check(&told);
    assert_true(told.n > 0);
    assert_int_equal(truncate("x/index.sqlite", 4096), 0);
    check(&told);
    assert_true(told.n > 0);
    assert_int_equal(truncate("x/index.sqlite", 50), 0);
    assert_fails(open_sets(&error), &error, FOVEA_ERR_INDEX_DAMAGED, "SQLite");
    check(&told);
    assert_int_equal(told.n, 1);
}

static void
rows_that_lead_nowhere_are_told(void **state)
{
    (void)state;
    struct told told;
    run_sql("UPDATE files SET content = 77 WHERE path = x'312e6a7067'");
    check(&told);
    assert_int_equal(told.n, 1);
    assert_true(tells(&told, "1 files lead to contents"));
    run_sql("UPDATE rows SET row = 900 WHERE content = 2");
    run_sql("INSERT INTO tombstones VALUES (1, 0)");
    run_sql("INSERT INTO items VALUES ('a', 99, 0)");
    run_sql("UPDATE files SET root = 9 WHERE content = 3");
    check(&told);
    assert_true(tells(&told, "items lead to contents"));
    assert_true(tells(&told, "vectors have a place"));
    assert_true(tells(&told, "another number of vectors"));
    assert_true(tells(&told, "were removed and are there"));
    assert_true(tells(&told, "below a root"));
    assert_int_equal(told.n, 6);
}

/* A schema of somebody else's could have our statements do other things. */
static void
tables_that_are_not_ours_are_refused(void **state)
{
    (void)state;
    static const char *const schemas[] = {
        "CREATE TRIGGER t AFTER INSERT ON items BEGIN DELETE FROM files; END",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE more (x)",
        "CREATE INDEX more ON files (size_bytes)",
        "DROP TABLE runs",
        "DROP TABLE items; CREATE VIEW items AS SELECT 1 name, 2 content, "
        "3 added_s",
        "ALTER TABLE runs ADD COLUMN x BLOB AS (zeroblob(1000000000))",
    };
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        struct fovea_error error;
        struct told told;
        run_sql(schemas[i]);
        assert_fails(open_sets(&error), &error, FOVEA_ERR_INDEX_DAMAGED,
                "table");
        check(&told);
        assert_int_equal(told.n, 1);
        assert_int_equal(tree_empty(root), 0);
        (void)make_index(NULL);
    }
}

static void
a_newer_index_is_refused(void **state)
{
    (void)state;
    struct fovea_error error;
    const struct fovea_index_check_calls calls = { .on_fault = note_fault };
    uint64_t n = 0;
    run_sql("PRAGMA user_version = 2");
    assert_fails(open_sets(&error), &error, FOVEA_ERR_INDEX_NEWER, "format 2");
    assert_fails(fovea_index_check("x", &calls, &n, &error), &error,
            FOVEA_ERR_INDEX_NEWER, "format 2");
    run_sql("PRAGMA user_version = 1");
    assert_ok(open_sets(&error), &error);
    run_sql("PRAGMA application_id = 0");
    assert_fails(open_sets(&error), &error, FOVEA_ERR_INDEX_DAMAGED,
            "no index of fovea's");
}

/* Numbers of our tables that are none: an error, never a wrong answer or worse. */
static void
values_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "UPDATE sets SET dimension = 1000000000",
        "UPDATE sets SET dtype = 'f99'",
        "UPDATE sets SET uuid = x'00'",
        "UPDATE sets SET model = ''",
        "UPDATE segments SET n_rows = -1",
        "UPDATE segments SET n_rows = 4000000000000",
        "UPDATE segments SET n_tombstones = 9",
        "UPDATE segments SET set_id = 7",
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct fovea_error error;
        run_sql(changes[i]);
        assert_int_equal(open_sets(&error), FOVEA_ERR_INDEX_DAMAGED);
        assert_int_equal(tree_empty(root), 0);
        (void)make_index(NULL);
    }
}

static void
put_number(uint8_t *at, uint32_t number)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(number >> (24 - 8 * i));
    }
}

/* A journal may name another file, which SQLite removes when it has taken the
   change back: that of a transaction over several files, which ours never are. */
static void
a_journal_that_names_a_file_is_refused(void **state)
{
    (void)state;
    static const uint8_t magic[] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63,
        0xd7 };
    enum {
        SECTOR = 512
    };
    uint8_t journal[2 * SECTOR] = { 0 };
    char name[64];
    struct fovea_error error;
    struct fovea_index_folder *folder = NULL;
    assert_int_equal(tree_put(root, "/mine", "x"), 0);
    size_t n = (size_t)snprintf(name, sizeof name, "%s/mine", root);
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum = sum + (uint8_t)name[i];
    }
    memcpy(journal, magic, sizeof magic);
    put_number(journal + 16, (uint32_t)(size_of("x/index.sqlite") / 4096));
    put_number(journal + 20, SECTOR);
    put_number(journal + 24, 4096);
    uint8_t *at = journal + SECTOR;
    put_number(at, 0x40000000 / 4096 + 1);
    memcpy(at + 4, name, n);
    put_number(at + 4 + n, (uint32_t)n);
    put_number(at + 8 + n, sum);
    memcpy(at + 12 + n, magic, sizeof magic);
    int fd = open("x/index.sqlite-journal", O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    ssize_t size = (ssize_t)(SECTOR + 20 + n);
    assert_int_equal(write(fd, journal, (size_t)size), size);
    (void)close(fd);
    assert_fails(
            fovea_index_folder_open("x", FOVEA_INDEX_READ, &folder, &error),
            &error, FOVEA_ERR_INDEX_DAMAGED, "journal");
    assert_fails(
            fovea_index_folder_open("x", FOVEA_INDEX_WRITE, &folder, &error),
            &error, FOVEA_ERR_INDEX_DAMAGED, "journal");
    assert_int_equal(access("mine", F_OK), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_index, empty_root)
    const struct CMUnitTest tests[] = {
        TEST(a_whole_index_has_no_faults),
        TEST(a_row_that_was_flipped_is_named),
        TEST(a_segment_that_was_cut_is_told),
        TEST(a_segment_that_is_missing_is_told),
        TEST(a_segment_of_another_index_is_told),
        TEST(a_database_that_was_cut_or_flipped_is_told),
        TEST(rows_that_lead_nowhere_are_told),
        TEST(tables_that_are_not_ours_are_refused),
        TEST(a_newer_index_is_refused),
        TEST(values_that_are_none_are_refused),
        TEST(a_journal_that_names_a_file_is_refused),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
