/* Differences between what a folder has and what an index knows of it. */
#include "indexing/differ.h"
#include "support/test.h"

enum {
    N_NAMES = 40,
    N_ROUNDS = 500
};

static struct fovea_found
found(const char *path, uint64_t size)
{
    return (struct fovea_found){
        .path = path,
        .stamp = { .size_bytes = size, .mtime_ns = 7, .inode = 9 },
    };
}

static struct fovea_index_file
stored(const char *path, uint64_t size)
{
    return (struct fovea_index_file){
        .path = path,
        .size_bytes = size,
        .mtime_ns = 7,
        .inode = 9,
        .content = 1,
    };
}

static void
a_file_is_the_same_by_size_time_and_inode(void **state)
{
    (void)state;
    const struct fovea_differ differ = { .filter = NULL };
    struct fovea_found file = found("a", 1);
    const struct fovea_index_file known = stored("a", 1);
    assert_int_equal(fovea_differ_step(&differ, &file, &known),
            FOVEA_DIFFERENCE_SAME);
    file.stamp.size_bytes++;
    assert_int_equal(fovea_differ_step(&differ, &file, &known),
            FOVEA_DIFFERENCE_CHANGED);
    file = found("a", 1);
    file.stamp.mtime_ns--;
    assert_int_equal(fovea_differ_step(&differ, &file, &known),
            FOVEA_DIFFERENCE_CHANGED);
    file = found("a", 1);
    file.stamp.inode++;
    assert_int_equal(fovea_differ_step(&differ, &file, &known),
            FOVEA_DIFFERENCE_CHANGED);
}

static void
the_ends_of_the_lists(void **state)
{
    (void)state;
    const struct fovea_differ differ = { .filter = NULL };
    const struct fovea_found file = found("a", 1);
    const struct fovea_index_file known = stored("a", 1);
    assert_int_equal(fovea_differ_step(&differ, NULL, NULL),
            FOVEA_DIFFERENCE_NONE);
    assert_int_equal(fovea_differ_step(&differ, &file, NULL),
            FOVEA_DIFFERENCE_NEW);
    assert_int_equal(fovea_differ_step(&differ, NULL, &known),
            FOVEA_DIFFERENCE_GONE);
}

static void
failures_are_tried_when_they_change_or_are_asked_for(void **state)
{
    (void)state;
    struct fovea_differ differ = { .filter = NULL };
    struct fovea_found file = found("a", 1);
    struct fovea_index_file known = stored("a", 1);
    known.content = 0;
    known.failure = FOVEA_ERR_IMAGE_CORRUPT;
    assert_int_equal(fovea_differ_step(&differ, &file, &known),
            FOVEA_DIFFERENCE_SAME);
    differ.retry = true;
    assert_int_equal(fovea_differ_step(&differ, &file, &known),
            FOVEA_DIFFERENCE_CHANGED);
    known = stored("a", 1);
    assert_int_equal(fovea_differ_step(&differ, &file, &known),
            FOVEA_DIFFERENCE_SAME);
    /* Nothing is known of it yet. */
    differ.retry = false;
    known.content = 0;
    assert_int_equal(fovea_differ_step(&differ, &file, &known),
            FOVEA_DIFFERENCE_CHANGED);
}

static void
what_nobody_looked_for_is_not_gone(void **state)
{
    (void)state;
    const char *jpeg[] = { "*.jpg" };
    const char *thumbs[] = { "thumbs/", "*.tif" };
    const struct fovea_filter filter = {
        .include = { jpeg, 1 },
        .exclude = { thumbs, 2 },
    };
    const struct {
        const char *path;
        enum fovea_difference expected;
    } cases[] = {
        { "a.jpg", FOVEA_DIFFERENCE_GONE },
        { "a.png", FOVEA_DIFFERENCE_UNSEEN },
        { "a.tif", FOVEA_DIFFERENCE_UNSEEN },
        { "d/a.jpg", FOVEA_DIFFERENCE_GONE },
        { "thumbs/a.jpg", FOVEA_DIFFERENCE_UNSEEN },
        { "d/thumbs/e/a.jpg", FOVEA_DIFFERENCE_UNSEEN },
        { ".hidden/a.jpg", FOVEA_DIFFERENCE_UNSEEN },
        { "d/.a.jpg", FOVEA_DIFFERENCE_UNSEEN },
        { "locked/a.jpg", FOVEA_DIFFERENCE_UNSEEN },
        { "locked2/a.jpg", FOVEA_DIFFERENCE_GONE },
        { "shut/a.jpg", FOVEA_DIFFERENCE_UNSEEN },
    };
    const struct fovea_differ differ = {
        .filter = &filter,
        .unread = "locked/\0shut/",
        .unread_size = sizeof "locked/\0shut/",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct fovea_index_file known = stored(cases[i].path, 1);
        if (fovea_differ_step(&differ, NULL, &known) != cases[i].expected) {
            fail_msg("%s", cases[i].path);
        }
    }
    /* The top cannot be read. */
    const struct fovea_differ none = { .unread = "", .unread_size = 1 };
    const struct fovea_index_file known = stored("a.jpg", 1);
    assert_int_equal(fovea_differ_step(&none, NULL, &known),
            FOVEA_DIFFERENCE_UNSEEN);
}

/* Numbers that are the same in every run. */
static unsigned
next_number(unsigned *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 16;
}

/* Each name is on either list, or both, with one of two sizes: what the steps say
   of it is what the two say of it alone. */
static void
two_lists_are_gone_through_in_one_pass(void **state)
{
    (void)state;
    const struct fovea_differ differ = { .filter = NULL };
    unsigned seed = 1;
    for (int round = 0; round < N_ROUNDS; round++) {
        char names[N_NAMES][8];
        unsigned kinds[N_NAMES];
        for (int i = 0; i < N_NAMES; i++) {
            (void)snprintf(names[i], sizeof names[i], "%c/%02d",
                    i < N_NAMES / 2 ? 'a' : 'b', i);
            kinds[i] = next_number(&seed) % 5;
        }
        int f = 0;
        int s = 0;
        for (int i = 0; i < N_NAMES; i++) {
            static const enum fovea_difference expected[] = {
                FOVEA_DIFFERENCE_NONE, FOVEA_DIFFERENCE_NEW,
                FOVEA_DIFFERENCE_GONE, FOVEA_DIFFERENCE_SAME,
                FOVEA_DIFFERENCE_CHANGED
            };
            if (kinds[i] == 0) {
                continue;
            }
            /* The heads of the lists. */
            for (f = i; f < N_NAMES && (kinds[f] == 0 || kinds[f] == 2); f++) {
            }
            for (s = i; s < N_NAMES && (kinds[s] == 0 || kinds[s] == 1); s++) {
            }
            const struct fovea_found file =
                    found(f < N_NAMES ? names[f] : "", 1);
            const struct fovea_index_file known =
                    stored(s < N_NAMES ? names[s] : "",
                            s < N_NAMES && kinds[s] == 4 ? 2 : 1);
            assert_int_equal(fovea_differ_step(&differ,
                                     f < N_NAMES ? &file : NULL,
                                     s < N_NAMES ? &known : NULL),
                    expected[kinds[i]]);
        }
    }
}

static void
a_change_shows_after_a_step_of_the_clock(void **state)
{
    (void)state;
    struct fovea_stamp stamp = { .mtime_ns = 5000000000 - 1 };
    int64_t step_ns = FOVEA_STAMP_STEP_NS;
    assert_int_equal(fovea_stamp_wait_ns(&stamp, stamp.mtime_ns), step_ns);
    assert_int_equal(fovea_stamp_wait_ns(&stamp, stamp.mtime_ns + step_ns - 1),
            1);
    assert_int_equal(fovea_stamp_wait_ns(&stamp, stamp.mtime_ns + step_ns), 0);
    /* Times to come, and those of no use, are not waited for. */
    assert_int_equal(fovea_stamp_wait_ns(&stamp, stamp.mtime_ns - 1), 0);
    stamp.mtime_ns = INT64_MIN;
    assert_int_equal(fovea_stamp_wait_ns(&stamp, INT64_MAX), 0);
    stamp.mtime_ns = 5000000000;
    assert_int_equal(fovea_stamp_wait_ns(&stamp, stamp.mtime_ns + step_ns),
            FOVEA_STAMP_WHOLE_STEP_NS - step_ns);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_the_same_by_size_time_and_inode),
        cmocka_unit_test(the_ends_of_the_lists),
        cmocka_unit_test(failures_are_tried_when_they_change_or_are_asked_for),
        cmocka_unit_test(what_nobody_looked_for_is_not_gone),
        cmocka_unit_test(two_lists_are_gone_through_in_one_pass),
        cmocka_unit_test(a_change_shows_after_a_step_of_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
