/*
 * An index whose writer is killed, or whose disk is full, at every call that writes:
 * it opens, what was reported is there, no row is there twice, and the work can go
 * on.
 *
 * FOVEA_INDEX_KILLS (all of a short run) is how many kills are tried of a run that is
 * as long as it takes.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/number.h"
#include "index/check.h"
#include "index/compact.h"
#include "index/files.h"
#include "index/roots.h"
#include "index/rows.h"
#include "support/index.h"
#include "support/step.h"
#include "support/test.h"
#include "support/tree.h"

static char root[] = "/dev/shm/fovea-steps-XXXXXX";

TREE_FIXTURE_IN_MEMORY(root)

enum {
    DIMENSION = 8,
    N_BATCHES = 8,
    PER_BATCH = 3,     /* files that each adds */
    CALLS_A_BATCH = 8, /* at least */
    MAX_BATCHES = 1000,
    MAX_FILES = MAX_BATCHES * PER_BATCH,
};

#define INDEX "x"

/* Which files are there after so many batches. Every third one also removes a
   file of the one before; every fourth one compacts. */
static void
simulate(size_t n_batches, bool present[MAX_FILES])
{
    memset(present, 0, MAX_FILES);
    for (size_t b = 0; b < n_batches; b++) {
        for (size_t i = 0; i < PER_BATCH; i++) {
            present[b * PER_BATCH + i] = true;
        }
        if (b % 3 == 2) {
            present[(b - 1) * PER_BATCH] = false;
        }
    }
}

static void
name_file(size_t number, char name[16])
{
    (void)snprintf(name, 16, "%06zu.jpg", number);
}

static enum fovea_status
add_file(struct fovea_index_folder *folder, int64_t set, int64_t where,
        size_t number, struct fovea_error *err)
{
    char name[16];
    float values[DIMENSION];
    const struct fovea_index_content content = index_content(number + 1);
    const struct fovea_index_vector vector = { set, values };
    struct fovea_index_file file = { .root = where, .path = name };
    name_file(number, name);
    index_vector(number + 1, values, DIMENSION);
    enum fovea_status status = fovea_index_content_put(folder, &content,
            &vector, 1, &file.content, err);
    return status ? status : fovea_index_file_put(folder, &file, err);
}

static enum fovea_status
apply(struct fovea_index_folder *folder, size_t b, struct fovea_error *err)
{
    const struct fovea_index_set *set = NULL;
    struct fovea_index_compacted done;
    char name[16];
    uint64_t n = 0;
    int64_t where = 1;
    enum fovea_status status =
            fovea_index_set_find(folder, "model/a", &set, err);
    int64_t set_id = status ? 0 : set->id;
    for (size_t i = 0; !status && i < PER_BATCH; i++) {
        status = add_file(folder, set_id, where, b * PER_BATCH + i, err);
    }
    if (!status && b % 3 == 2) {
        name_file((b - 1) * PER_BATCH, name);
        status = fovea_index_file_remove(folder, where, name, err);
        status = status ? status : fovea_index_sweep(folder, &n, err);
    }
    if (!status) {
        status = fovea_index_commit(folder, err);
    }
    if (!status && b % 4 == 3) {
        status = fovea_index_compact(folder, NULL, &done, err);
    }
    return status;
}

/* Open the index, with its set and root. */
static enum fovea_status
begin(struct fovea_index_folder **folder_out, struct fovea_error *err)
{
    struct fovea_index_folder *folder = NULL;
    const struct fovea_index_set *set = NULL;
    enum fovea_status status =
            fovea_index_folder_open(INDEX, FOVEA_INDEX_CREATE, &folder, err);
    if (status) {
        return status;
    }
    status = fovea_index_set_find(folder, "model/a", &set, err);
    if (status == FOVEA_ERR_INDEX_MODEL) {
        const struct fovea_index_set_key key = { .model = "model/a",
            .dtype = FOVEA_DTYPE_F32,
            .dimension = DIMENSION,
            .store = FOVEA_STORE_F32 };
        int64_t id = 0;
        status = fovea_index_root_put(folder, "/pictures", 1, 1, &id, err);
        status = status ? status : fovea_index_set_add(folder, &key, &id, err);
        status = status ? status : fovea_index_commit(folder, err);
    }
    if (status) {
        fovea_index_folder_close(folder);
    } else {
        *folder_out = folder;
    }
    return status;
}

/* All batches from one on; each that is committed is told, unless to nobody. */
static enum fovea_status
run(size_t from, size_t n_batches, int report_fd, struct fovea_error *err)
{
    struct fovea_index_folder *folder = NULL;
    enum fovea_status status = begin(&folder, err);
    for (size_t b = from; !status && b < n_batches; b++) {
        status = apply(folder, b, err);
        if (!status && report_fd >= 0) { /* not a step */
            const uint32_t done = (uint32_t)b + 1;
            assert_int_equal(syscall(SYS_write, report_fd, &done, sizeof done),
                    sizeof done);
        }
    }
    fovea_index_folder_close(folder);
    return status;
}

static bool
show_fault(void *context, const char *fault, const char *remedy)
{
    (void)context;
    print_message("# fault: %s; %s\n", fault, remedy);
    return true;
}

/* Whether the files are those that are there after n_batches. */
static bool
is_state(struct fovea_index_folder *folder, size_t n_batches)
{
    static bool present[MAX_FILES];
    const struct fovea_index_file_query all = { 0 };
    struct fovea_index_files *files = NULL;
    const struct fovea_index_file *file = NULL;
    struct fovea_error error;
    bool is_right = true;
    simulate(n_batches, present);
    assert_ok(fovea_index_files_open(folder, &all, &files, &error), &error);
    for (size_t i = 0; i < MAX_FILES; i++) {
        char name[16];
        if (!present[i]) {
            continue;
        }
        name_file(i, name);
        assert_ok(fovea_index_files_next(files, &file, &error), &error);
        is_right = is_right && file && strcmp(file->path, name) == 0;
    }
    assert_ok(fovea_index_files_next(files, &file, &error), &error);
    fovea_index_files_close(files);
    return is_right && !file;
}

/* Every live row is the vector of its content, and no content has two. */
static void
check_vectors(struct fovea_index_folder *folder)
{
    const struct fovea_index_set *sets = NULL;
    struct fovea_index_rows *rows = NULL;
    struct fovea_index_counts counts;
    struct fovea_error error;
    size_t n_sets = 0;
    uint64_t n = 0;
    assert_ok(fovea_index_sets(folder, &sets, &n_sets, &error), &error);
    if (n_sets == 0) {
        return;
    }
    assert_ok(fovea_index_rows_open(folder, sets, 0, &rows, &error), &error);
    for (;; n++) {
        const struct fovea_index_row *row = NULL;
        assert_ok(fovea_index_rows_next(rows, &row, &error), &error);
        if (!row) {
            break;
        }
        index_check_row(folder, sets, row);
    }
    fovea_index_rows_close(rows);
    assert_ok(fovea_index_count(folder, &counts, &error), &error);
    assert_int_equal(n, counts.n_contents);
    assert_int_equal(n, sets->n_live);
}

/* The index is whole and has what was reported, or one batch more. How many. */
static size_t
check_index(size_t n_reported)
{
    const struct fovea_index_check_calls calls = { .on_fault = show_fault };
    struct fovea_index_folder *folder = NULL;
    struct fovea_error error;
    uint64_t n_faults = 0;
    if (n_reported == 0 && !fovea_index_folder_is_there(INDEX)) {
        return 0;
    }
    assert_ok(fovea_index_folder_open(INDEX, FOVEA_INDEX_READ, &folder, &error),
            &error);
    bool has_more = is_state(folder, n_reported + 1);
    assert_true(has_more || is_state(folder, n_reported));
    check_vectors(folder);
    fovea_index_folder_close(folder);
    assert_ok(fovea_index_check(INDEX, &calls, &n_faults, &error), &error);
    assert_int_equal(n_faults, 0);
    return n_reported + has_more;
}

/* A child that is killed at its k-th call. How many batches it reported; false
   if it got through. */
static bool
kill_child(size_t k, size_t n_batches, size_t *n_reported)
{
    int fds[2];
    uint32_t done = 0;
    int how = 0;
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct fovea_error error;
        step_begin(STEP_KILL, k);
        _exit(run(0, n_batches, fds[1], &error) ? 2 : 0);
    }
    (void)close(fds[1]);
    *n_reported = 0;
    while (read(fds[0], &done, sizeof done) == (ssize_t)sizeof done) {
        *n_reported = done;
    }
    (void)close(fds[0]);
    assert_int_equal(waitpid(pid, &how, 0), pid);
    bool was_killed = WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL;
    assert_true(was_killed || (WIFEXITED(how) && WEXITSTATUS(how) == 0));
    return was_killed;
}

static size_t
wanted_kills(void)
{
    const char *text = getenv("FOVEA_INDEX_KILLS");
    uint64_t n = 0;
    return text && fovea_number_parse(text, &n) &&
                    n < MAX_BATCHES * CALLS_A_BATCH
            ? (size_t)n
            : 0;
}

static void
a_kill_at_any_call_loses_nothing(void **state)
{
    (void)state;
    size_t n_kills = wanted_kills();
    size_t n_batches = n_kills ? n_kills / CALLS_A_BATCH + 1 : N_BATCHES;
    size_t k = 1;
    for (;; k++) {
        size_t n_reported = 0;
        struct fovea_error error;
        if ((n_kills && k > n_kills) ||
                !kill_child(k, n_batches, &n_reported)) {
            break;
        }
        size_t n_done = check_index(n_reported);
        assert_ok(run(n_done, n_batches, -1, &error), &error);
        assert_int_equal(check_index(n_batches), n_batches);
        assert_int_equal(tree_empty(root), 0);
    }
    print_message("# %zu kills\n", k - 1);
    assert_true(k > 100);
}

/* The same with a disk that is full from a call on, and has room again then. */
static bool
fill_disk(size_t k)
{
    struct fovea_error error;
    struct fovea_index_folder *folder = NULL;
    enum fovea_status status = FOVEA_OK;
    size_t n_done = 0;
    step_begin(STEP_NO_ROOM, k);
    status = begin(&folder, &error);
    while (!status && n_done < N_BATCHES) {
        status = apply(folder, n_done, &error);
        n_done += !status;
    }
    bool came = step_came();
    (void)step_end();
    if (status) {
        assert_true(came);
        if (status != FOVEA_ERR_DISK_FULL) {
            fail_msg("call %zu: %s", k, error.message);
        }
        assert_int_equal(error.code, status);
    }
    if (folder) { /* it goes on where it is; a batch may be in but for its end */
        fovea_index_rollback(folder);
        n_done += is_state(folder, n_done + 1) && n_done < N_BATCHES;
        for (; n_done < N_BATCHES; n_done++) {
            assert_ok(apply(folder, n_done, &error), &error);
        }
        fovea_index_folder_close(folder);
    }
    assert_ok(run(n_done, N_BATCHES, -1, &error), &error);
    assert_int_equal(check_index(N_BATCHES), N_BATCHES);
    assert_int_equal(tree_empty(root), 0);
    return came;
}

static void
a_full_disk_at_any_call_loses_nothing(void **state)
{
    (void)state;
    size_t k = 1;
    while (fill_disk(k)) {
        k++;
    }
    print_message("# %zu full disks\n", k - 1);
    assert_true(k > 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_kill_at_any_call_loses_nothing, empty_root),
        cmocka_unit_test_teardown(a_full_disk_at_any_call_loses_nothing,
                empty_root),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
