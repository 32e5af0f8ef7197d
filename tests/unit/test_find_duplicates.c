/* Duplicates in an index: groups, what is the best, and files of the same bytes. */
#include <math.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/macros.h"
#include "find/duplicates.h"
#include "index/contents.h"
#include "index/files.h"
#include "index/roots.h"
#include "index/rows.h"
#include "support/test.h"
#include "support/tree.h"

enum {
    DIMENSION = 16,
    MAX_GROUPS = 16,
};

static char root[] = "/tmp/fovea-dup-XXXXXX";
TREE_FIXTURE(root)

static struct fovea_error error;
static struct fovea_index_folder *folder;
static int64_t root_id;
static int64_t set_id;
static uint32_t n_contents;

static int
open_index(void **state)
{
    (void)state;
    char path[64];
    struct fovea_index_set_key key = {
        .model = "looks",
        .dtype = FOVEA_DTYPE_F32,
        .dimension = DIMENSION,
        .store = FOVEA_STORE_F32,
    };
    n_contents = 0;
    (void)snprintf(path, sizeof path, "%s/.fovea", root);
    memset(key.weights, 'a', sizeof key.weights - 1);
    assert_ok(
            fovea_index_folder_open(path, FOVEA_INDEX_CREATE, &folder, &error),
            &error);
    assert_ok(fovea_index_root_put(folder, root, 1, 2, &root_id, &error),
            &error);
    assert_ok(fovea_index_set_add(folder, &key, &set_id, &error), &error);
    return 0;
}

static int
close_index(void **state)
{
    fovea_index_folder_close(folder);
    return empty_root(state);
}

/* A picture of a family at an angle, in degrees: families are strangers, and
   two of one family have the cosine of the angle between them. */
static int64_t
add_picture(int family, double degrees, uint32_t width, uint64_t size_bytes,
        int64_t taken_s)
{
    float vector[DIMENSION] = { 0 };
    int64_t id = 0;
    struct fovea_index_content content = {
        .size_bytes = size_bytes,
        .width_px = width,
        .height_px = width > 0 ? 100 : 0,
        .has_taken = taken_s > 0,
        .taken_s = taken_s,
    };
    double radians = degrees * acos(-1) / 180;
    vector[2 * family] = (float)cos(radians);
    vector[2 * family + 1] = (float)sin(radians);
    (void)snprintf(content.digest, sizeof content.digest, "%064x",
            ++n_contents);
    const struct fovea_index_vector of_set = { set_id, vector };
    assert_ok(
            fovea_index_content_put(folder, &content, &of_set, 1, &id, &error),
            &error);
    return id;
}

static void
add_file(const char *path, int64_t content, int64_t mtime_s)
{
    const struct fovea_index_file file = {
        .root = root_id,
        .path = path,
        .mtime_ns = mtime_s * INT64_C(1000000000),
        .content = content,
        .message = "",
    };
    assert_ok(fovea_index_file_put(folder, &file, &error), &error);
}

/* Groups as lines: names of files below the root, the best first. */
struct told {
    size_t n;
    char lines[MAX_GROUPS][256];
    enum fovea_best_reason reasons[MAX_GROUPS];
    char largest[MAX_GROUPS][32];
    char oldest[MAX_GROUPS][32];
};

static enum fovea_status
see(void *context, const struct fovea_duplicate_group *group,
        struct fovea_error *err)
{
    (void)err;
    struct told *told = context;
    assert_true(told->n < MAX_GROUPS);
    char *line = told->lines[told->n];
    for (size_t i = 0; i < group->n; i++) {
        const struct fovea_picture *picture = &group->pictures[i].picture;
        for (size_t k = 0; k < picture->n_places; k++) {
            size_t used = strlen(line);
            (void)snprintf(line + used, sizeof told->lines[0] - used, "%s%s",
                    k > 0           ? "="
                            : i > 0 ? " "
                                    : "",
                    picture->places[k].path + strlen(root) + 1);
        }
        const char *name = picture->places[0].path + strlen(root) + 1;
        if (group->pictures[i].is_largest) {
            (void)snprintf(told->largest[told->n], 32, "%s", name);
        }
        if (group->pictures[i].is_oldest) {
            (void)snprintf(told->oldest[told->n], 32, "%s", name);
        }
    }
    told->reasons[told->n++] = group->reason;
    return FOVEA_OK;
}

static void
find(double threshold, const struct fovea_index_filter *filter,
        struct told *told, struct fovea_duplicates_totals *totals)
{
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    memset(told, 0, sizeof *told);
    assert_ok(fovea_index_sets(folder, &sets, &n, &error), &error);
    const struct fovea_duplicates_request request = {
        .set = threshold <= 1 ? &sets[0] : NULL,
        .threshold = (float)threshold,
        .filter = filter,
        .n_threads = 2,
        .temporary_folder = "/tmp",
        .see = see,
        .context = told,
    };
    assert_ok(fovea_duplicates(folder, &request, totals, &error), &error);
}

static void
a_group_is_around_its_best(void **state)
{
    (void)state;
    struct told told;
    struct fovea_duplicates_totals totals;
    /* Within 20 degrees: b of all; a and c are not of each other. */
    add_file("a", add_picture(0, 0, 300, 10, 0), 1);
    add_file("b", add_picture(0, 15, 200, 10, 0), 2);
    add_file("c", add_picture(0, 31, 400, 10, 0), 3);
    add_file("alone", add_picture(1, 0, 500, 10, 0), 3);
    find(cos(20 * acos(-1) / 180), NULL, &told, &totals);
    assert_int_equal(told.n, 1);
    assert_string_equal(told.lines[0], "b a c");
    assert_int_equal(told.reasons[0], FOVEA_BEST_CENTRE);
    assert_string_equal(told.largest[0], "c");
    assert_string_equal(told.oldest[0], "a");
    assert_int_equal(totals.n_compared, 4);
    assert_int_equal(totals.n_pairs, 2);
    assert_int_equal(totals.n_groups, 1);
    assert_int_equal(totals.n_places, 3);
    assert_int_equal(totals.spare_bytes, 20);
}

static void
the_best_is_the_largest_then_the_oldest(void **state)
{
    (void)state;
    struct told told;
    struct fovea_duplicates_totals totals;
    add_file("p1", add_picture(0, 0, 300, 99, 50), 1);
    add_file("p2", add_picture(0, 1, 301, 10, 70), 1);
    add_file("p3", add_picture(0, 2, 300, 99, 60), 1);
    add_file("b1", add_picture(1, 0, 300, 10, 50), 1);
    add_file("b2", add_picture(1, 1, 300, 11, 70), 1);
    add_file("t1", add_picture(2, 0, 300, 10, 0), 7);
    add_file("t2", add_picture(2, 1, 300, 10, 5), 9);
    add_file("n2", add_picture(3, 0, 300, 10, 0), 7);
    add_file("n1", add_picture(3, 1, 300, 10, 0), 7);
    find(0.9, NULL, &told, &totals);
    assert_int_equal(told.n, 4);
    assert_string_equal(told.lines[0], "p2 p1 p3");
    assert_int_equal(told.reasons[0], FOVEA_BEST_PIXELS);
    assert_string_equal(told.oldest[0], "p1");
    assert_string_equal(told.lines[1], "b2 b1");
    assert_int_equal(told.reasons[1], FOVEA_BEST_BYTES);
    assert_string_equal(told.lines[2], "t2 t1");
    assert_int_equal(told.reasons[2], FOVEA_BEST_TIME);
    assert_string_equal(told.lines[3], "n1 n2");
    assert_int_equal(told.reasons[3], FOVEA_BEST_NAME);
}

static void
files_of_the_same_bytes_are_told_too(void **state)
{
    (void)state;
    struct told told;
    struct fovea_duplicates_totals totals;
    int64_t one = add_picture(0, 0, 300, 10, 0);
    int64_t other = add_picture(0, 1, 200, 10, 0);
    int64_t alone = add_picture(1, 0, 300, 10, 0);
    add_file("x/one", one, 5);
    add_file("y/one", one, 4);
    add_file("z/other", other, 4);
    add_file("x/alone", alone, 3);
    add_file("y/alone", alone, 3);
    find(0.9, NULL, &told, &totals);
    assert_int_equal(told.n, 2);
    assert_string_equal(told.lines[0], "y/one=x/one z/other");
    assert_string_equal(told.lines[1], "x/alone=y/alone");
    assert_int_equal(told.reasons[1], FOVEA_BEST_NAME);
    assert_int_equal(totals.spare_bytes, 30);
    find(2, NULL, &told, &totals); /* bytes alone */
    assert_int_equal(told.n, 2);
    assert_string_equal(told.lines[0], "y/one=x/one");
    assert_int_equal(told.reasons[0], FOVEA_BEST_TIME);
    assert_string_equal(told.lines[1], "x/alone=y/alone");
    assert_int_equal(totals.n_compared, 0);
}

static void
filters_leave_files_out(void **state)
{
    (void)state;
    struct told told;
    struct fovea_duplicates_totals totals;
    char below[64];
    int64_t one = add_picture(0, 0, 300, 10, 0);
    int64_t other = add_picture(0, 1, 200, 10, 0);
    add_file("x/one", one, 5);
    add_file("y/one", one, 4);
    add_file("y/other", other, 4);
    (void)snprintf(below, sizeof below, "%s/x", root);
    const struct fovea_index_filter in_x = { .below = below };
    find(0.9, &in_x, &told, &totals);
    assert_int_equal(told.n, 0);
    (void)snprintf(below, sizeof below, "%s/y", root);
    find(0.9, &in_x, &told, &totals);
    assert_int_equal(told.n, 1);
    assert_string_equal(told.lines[0], "y/one y/other");
}

static void
an_empty_index_has_none(void **state)
{
    (void)state;
    struct told told;
    struct fovea_duplicates_totals totals;
    find(0.9, NULL, &told, &totals);
    assert_int_equal(told.n, 0);
    find(2, NULL, &told, &totals);
    assert_int_equal(told.n, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_group_is_around_its_best, open_index,
                close_index),
        cmocka_unit_test_setup_teardown(the_best_is_the_largest_then_the_oldest,
                open_index, close_index),
        cmocka_unit_test_setup_teardown(files_of_the_same_bytes_are_told_too,
                open_index, close_index),
        cmocka_unit_test_setup_teardown(filters_leave_files_out, open_index,
                close_index),
        cmocka_unit_test_setup_teardown(an_empty_index_has_none, open_index,
                close_index),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
