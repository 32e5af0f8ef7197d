/*
 * An index when memory or the disk fails: the failure is told, what was committed
 * before is there, and the index goes on.
 */
#include <unistd.h>

#include "base/macros.h"
#include "index/check.h"
#include "index/compact.h"
#include "index/files.h"
#include "index/mask.h"
#include "index/rows.h"
#include "support/fault.h"
#include "support/index.h"
#include "support/test.h"
#include "support/tree.h"

static char root[] = "/dev/shm/fovea-fault-index-XXXXXX";

TREE_FIXTURE_IN_MEMORY(root)

enum {
    DIMENSION = 8,
    N_FILES = 6,
};

FOVEA_DEFINE_AUTO(struct fovea_index_folder *, fovea_index_folder_close);

static void
make_index(const char *path)
{
    struct fovea_error error;
    struct fovea_index_folder *folder = NULL;
    assert_ok(
            fovea_index_folder_open(path, FOVEA_INDEX_CREATE, &folder, &error),
            &error);
    int64_t set = index_add_set(folder, "model/a", DIMENSION);
    int64_t where = index_add_root(folder, "/pictures");
    for (uint64_t i = 1; i <= N_FILES; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%02d.jpg", (int)i);
        (void)index_add_file(folder, set, where, name, i);
    }
    assert_ok(fovea_index_commit(folder, &error), &error);
    fovea_index_folder_close(folder);
}

/* Everything that a search does. */
static enum fovea_status
read_all(struct fovea_index_folder *folder, struct fovea_error *err)
{
    const struct fovea_index_set *set = NULL;
    const char *const globs[] = { "*.jpg" };
    const struct fovea_index_filter filter = { .globs = globs, .n_globs = 1 };
    uint64_t *mask = NULL;
    uint64_t n = 0;
    float values[DIMENSION];
    enum fovea_status status = fovea_index_snapshot_begin(folder, err);
    if (status) {
        return status;
    }
    status = fovea_index_set_find(folder, "model/a", &set, err);
    if (!status) {
        status = fovea_index_mask(folder, set, &filter, &mask, &n, err);
    }
    if (!status) {
        assert_int_equal(n, set->n_live);
        status = fovea_index_row_vector(set, set->n_rows - 1, values, err);
    }
    free(mask);
    fovea_index_snapshot_end(folder);
    return status;
}

static enum fovea_status
search(const void *context, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_index_folder_close_auto)
    struct fovea_index_folder *folder = NULL;
    enum fovea_status status =
            fovea_index_folder_open(context, FOVEA_INDEX_READ, &folder, err);
    return status ? status : read_all(folder, err);
}

/* Add a content, commit; put the index back to what it was. */
static enum fovea_status
change(const void *context, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_index_folder_close_auto)
    struct fovea_index_folder *folder = NULL;
    const struct fovea_index_set *set = NULL;
    const struct fovea_index_content content = index_content(100);
    float values[DIMENSION];
    int64_t id = 0;
    uint64_t n = 0;
    index_vector(100, values, DIMENSION);
    enum fovea_status status =
            fovea_index_folder_open(context, FOVEA_INDEX_WRITE, &folder, err);
    if (!status) {
        status = fovea_index_set_find(folder, "model/a", &set, err);
    }
    if (!status) {
        const struct fovea_index_vector vector = { set->id, values };
        status =
                fovea_index_content_put(folder, &content, &vector, 1, &id, err);
    }
    if (!status) {
        status = fovea_index_commit(folder, err);
    }
    if (!status) {
        status = fovea_index_sweep(folder, &n, err);
    }
    return status ? status : fovea_index_commit(folder, err);
}

static bool
count_fault(void *context, const char *fault, const char *remedy)
{
    (void)context;
    print_message("# %s; %s\n", fault, remedy);
    return true;
}

static void
check_whole(const char *path)
{
    const struct fovea_index_check_calls calls = { .on_fault = count_fault };
    struct fovea_error error;
    uint64_t n = 1;
    assert_ok(fovea_index_check(path, &calls, &n, &error), &error);
    assert_int_equal(n, 0);
}

static void
an_index_survives_a_lack_of_memory(void **state)
{
    (void)state;
    /* SQLite keeps some for the next connection. */
    static const struct fault_rules rules = { .may_keep = true };
    make_index("x");
    assert_true(fault_each_allocation(search, "x", rules) > 50);
    check_whole("x");
    assert_true(fault_each_allocation(change, "x", rules) > 50);
    check_whole("x");
}

static void
an_index_survives_reads_that_fail(void **state)
{
    (void)state;
    static const struct fault_rules rules = { .may_keep = true,
        .may_skip_reads = true };
    make_index("x");
    assert_true(fault_each_read(search, "x", rules) > 2);
    check_whole("x");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(an_index_survives_a_lack_of_memory,
                empty_root),
        cmocka_unit_test_teardown(an_index_survives_reads_that_fail,
                empty_root),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
