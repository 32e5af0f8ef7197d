/*
 * One process writes, others read: no reader is kept waiting, none sees half of a
 * commit or a torn row, whatever is added, removed and compacted meanwhile.
 *
 * FOVEA_INDEX_COMMITS (60) is how many commits there are.
 */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/number.h"
#include "index/compact.h"
#include "index/files.h"
#include "index/rows.h"
#include "index/run.h"
#include "store/scan.h"
#include "support/index.h"
#include "support/test.h"
#include "support/tree.h"

static char root[] = "/dev/shm/fovea-processes-XXXXXX";

TREE_FIXTURE_IN_MEMORY(root)

enum {
    DIMENSION = 16,
    N_READERS = 10,
    N_COMMITS = 60,
    PER_COMMIT = 20, /* files that come, and half as many that go */
};

static uint64_t
wanted_commits(void)
{
    const char *text = getenv("FOVEA_INDEX_COMMITS");
    uint64_t n = 0;
    return text && fovea_number_parse(text, &n) && n > 0 ? n : N_COMMITS;
}

/* Commit c adds the files c * PER_COMMIT and on, and removes every other one of
   the commit before it. */
static void
write_commit(struct fovea_index_folder *folder, int64_t set, int64_t where,
        uint64_t c)
{
    struct fovea_error error;
    struct fovea_index_compacted done;
    uint64_t n = 0;
    char name[16];
    for (uint64_t i = 0; i < PER_COMMIT; i++) {
        (void)snprintf(name, sizeof name, "%07d", (int)(c * PER_COMMIT + i));
        (void)index_add_file(folder, set, where, name, c * PER_COMMIT + i + 1);
    }
    for (uint64_t i = 0; c > 0 && i < PER_COMMIT; i += 2) {
        (void)snprintf(name, sizeof name, "%07d",
                (int)((c - 1) * PER_COMMIT + i));
        assert_ok(fovea_index_file_remove(folder, where, name, &error), &error);
    }
    assert_ok(fovea_index_sweep(folder, &n, &error), &error);
    const struct fovea_index_run run = { .phase = "writing", .n_done = c + 1 };
    assert_ok(fovea_index_run_put(folder, &run, &error), &error);
    assert_ok(fovea_index_commit(folder, &error), &error);
    if (c % 7 == 6) {
        assert_ok(fovea_index_compact(folder, NULL, &done, &error), &error);
    }
}

/* All of what a state has fits to its number of commits. Which that is. */
static uint64_t
check_state(struct fovea_index_folder *folder)
{
    struct fovea_error error;
    struct fovea_index_run run;
    struct fovea_index_counts counts;
    struct fovea_index_rows *rows = NULL;
    const struct fovea_index_set *set = NULL;
    assert_ok(fovea_index_run_get(folder, &run, &error), &error);
    assert_ok(fovea_index_count(folder, &counts, &error), &error);
    assert_ok(fovea_index_set_find(folder, "model/a", &set, &error), &error);
    uint64_t expected = run.n_done == 0
            ? 0
            : PER_COMMIT + (run.n_done - 1) * PER_COMMIT / 2;
    assert_int_equal(counts.n_files, expected);
    assert_int_equal(counts.n_contents, expected);
    assert_int_equal(set->n_live, expected);
    assert_ok(fovea_index_rows_open(folder, set, 0, &rows, &error), &error);
    uint64_t n = 0;
    for (;; n++) {
        const struct fovea_index_row *row = NULL;
        assert_ok(fovea_index_rows_next(rows, &row, &error), &error);
        if (!row) {
            break;
        }
        index_check_row(folder, set, row);
    }
    fovea_index_rows_close(rows);
    assert_int_equal(n, expected);
    const struct fovea_scan scan = { .segments = set->segments,
        .n_segments = set->n_segments,
        .k = 3,
        .min_score = -1 };
    struct fovea_hits hits = { 0 };
    float query[DIMENSION];
    index_vector(1, query, DIMENSION);
    assert_ok(fovea_scan_run(&scan, query, 1, &hits, &error), &error);
    assert_int_equal(hits.n_scanned, set->n_rows);
    fovea_hits_finish(&hits);
    return run.n_done;
}

/* Until the last commit is seen. */
static int
read_on(uint64_t n_commits)
{
    struct fovea_error error;
    struct fovea_index_folder *folder = NULL;
    uint64_t n_seen = 0;
    assert_ok(fovea_index_folder_open("x", FOVEA_INDEX_READ, &folder, &error),
            &error);
    while (n_seen < n_commits) {
        assert_ok(fovea_index_snapshot_begin(folder, &error), &error);
        uint64_t n = check_state(folder);
        assert_true(n >= n_seen);
        n_seen = n;
        fovea_index_snapshot_end(folder);
        if (n_seen % 3 == 0) {
            fovea_index_folder_close(folder);
            assert_ok(fovea_index_folder_open("x", FOVEA_INDEX_READ, &folder,
                              &error),
                    &error);
        }
    }
    fovea_index_folder_close(folder);
    return 0;
}

static void
ten_read_while_one_writes(void **state)
{
    (void)state;
    struct fovea_error error;
    uint64_t n_commits = wanted_commits();
    pid_t readers[N_READERS];
    struct fovea_index_folder *folder = NULL;
    const struct fovea_index_run none = { .phase = "writing" };
    assert_ok(fovea_index_folder_open("x", FOVEA_INDEX_CREATE, &folder, &error),
            &error);
    int64_t set = index_add_set(folder, "model/a", DIMENSION);
    int64_t where = index_add_root(folder, "/p");
    assert_ok(fovea_index_run_put(folder, &none, &error), &error);
    assert_ok(fovea_index_commit(folder, &error), &error);
    fovea_index_folder_close(folder); /* no child has a lock of it */
    for (int i = 0; i < N_READERS; i++) {
        readers[i] = fork();
        assert_true(readers[i] >= 0);
        if (readers[i] == 0) {
            _exit(read_on(n_commits));
        }
    }
    assert_ok(fovea_index_folder_open("x", FOVEA_INDEX_WRITE, &folder, &error),
            &error);
    for (uint64_t c = 0; c < n_commits; c++) {
        write_commit(folder, set, where, c);
    }
    fovea_index_folder_close(folder);
    for (int i = 0; i < N_READERS; i++) {
        int how = 0;
        assert_int_equal(waitpid(readers[i], &how, 0), readers[i]);
        assert_true(WIFEXITED(how));
        assert_int_equal(WEXITSTATUS(how), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(ten_read_while_one_writes, empty_root),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
