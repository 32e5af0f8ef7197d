/* What the progress line says, and that it fits. */
#include "base/clock.h"
#include "base/macros.h"
#include "cli/progress.h"
#include "support/test.h"

static const char *
format(const struct fovea_progress_state *state, size_t width)
{
    static char line[160];
    fovea_progress_format(state, width, line, sizeof line);
    return line;
}

static void
it_says_what_is_known(void **state)
{
    (void)state;
    struct fovea_progress_state at = { .verb = "embedding" };
    assert_string_equal(format(&at, 0), "embedding  0");
    at.n_total = 1600;
    assert_string_equal(format(&at, 0), "embedding  0/1600");
    at.n_done = 8;
    at.n_first = 8;
    at.first_ns = 3 * FOVEA_NS_PER_S; /* loading; not part of the rate */
    at.elapsed_ns = at.first_ns;
    assert_string_equal(format(&at, 0), "embedding  8/1600");
    at.n_done = 408;
    at.n_bad = 2;
    at.elapsed_ns = at.first_ns + 10 * FOVEA_NS_PER_S;
    assert_string_equal(format(&at, 0),
            "embedding  408/1600  40.0/s  ETA 0:30  2 bad");
    at.n_total = 0;
    assert_string_equal(format(&at, 0), "embedding  408  40.0/s  2 bad");
}

static void
long_runs_get_hours(void **state)
{
    (void)state;
    const struct fovea_progress_state at = {
        .verb = "embedding",
        .n_done = 1001,
        .n_total = 1001 + 100 * 3723,
        .elapsed_ns = 10 * FOVEA_NS_PER_S,
        .first_ns = 0,
        .n_first = 1,
    };
    assert_string_equal(format(&at, 0),
            "embedding  1001/373301  100/s  ETA 1:02:03");
}

static void
files_that_appeared_meanwhile_do_no_harm(void **state)
{
    (void)state;
    const struct fovea_progress_state at = {
        .verb = "embedding",
        .n_done = 12,
        .n_total = 10,
        .elapsed_ns = 2 * FOVEA_NS_PER_S,
        .first_ns = FOVEA_NS_PER_S,
        .n_first = 2,
    };
    assert_string_equal(format(&at, 0), "embedding  12/12  10.0/s  ETA 0:00");
}

static void
it_is_narrower_than_the_terminal(void **state)
{
    (void)state;
    const struct fovea_progress_state at = {
        .verb = "embedding",
        .n_done = 408,
        .n_total = 1600,
    };
    for (size_t width = 1; width < 40; width++) {
        assert_true(strlen(format(&at, width)) < width);
    }
    assert_string_equal(format(&at, 12), "embedding  ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_what_is_known),
        cmocka_unit_test(long_runs_get_hours),
        cmocka_unit_test(files_that_appeared_meanwhile_do_no_harm),
        cmocka_unit_test(it_is_narrower_than_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
