/* The index folder: what is written is there for others, and after a close. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

static char root[] = "/tmp/fovea-index-XXXXXX";

TREE_FIXTURE_INSIDE(root)

static void
opens_what_it_made(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_index_folder *folder = NULL;
    assert_fails(
            fovea_index_folder_open("x", FOVEA_INDEX_READ, &folder, &error),
            &error, FOVEA_ERR_INDEX_NOT_FOUND, "x");
    assert_ok(fovea_index_folder_open("x", FOVEA_INDEX_CREATE, &folder, &error),
            &error);
    int64_t set = index_add_set(folder, "model/a", 4);
    int64_t content = index_add(folder, set, 1);
    assert_ok(fovea_index_commit(folder, &error), &error);
    struct fovea_index_folder *second = NULL;
    assert_fails(
            fovea_index_folder_open("x", FOVEA_INDEX_WRITE, &second, &error),
            &error, FOVEA_ERR_INDEX_BUSY, "process");
    fovea_index_folder_close(folder);
    assert_ok(fovea_index_folder_open("x", FOVEA_INDEX_READ, &folder, &error),
            &error);
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    assert_ok(fovea_index_sets(folder, &sets, &n, &error), &error);
    assert_int_equal(n, 1);
    assert_int_equal(sets[0].n_rows, 1);
    int64_t found = 0;
    assert_ok(fovea_index_row_content(folder, &sets[0], 0, &found, &error),
            &error);
    assert_int_equal(found, content);
    fovea_index_folder_close(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(opens_what_it_made, empty_root),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
