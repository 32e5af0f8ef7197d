/* Lines to a pipe that is full, or that nobody reads any more. */
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/macros.h"
#include "bulk/line_writer.h"
#include "support/test.h"

enum {
    LINE = 3000,
    N_LINES = 3,
    PIPE = 4096, /* of a page: it takes one piece */
};

static char text[LINE * N_LINES + 1];

/* The pipe; what can be read of it is all in it. */
static int ends[2];

static int
set_up(void **state)
{
    (void)state;
    memset(text, 'x', sizeof text - 1);
    for (size_t i = 1; i <= N_LINES; i++) {
        text[i * LINE - 1] = '\n';
    }
    if (pipe2(ends, O_CLOEXEC)) {
        return -1;
    }
    return fcntl(ends[1], F_SETPIPE_SZ, PIPE) == PIPE ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    (void)close(ends[0]);
    (void)close(ends[1]);
    return 0;
}

static struct fovea_line_writer
writer_at(size_t done)
{
    return (struct fovea_line_writer){ ends[1], text, sizeof text - 1, done };
}

static void
assert_read(size_t expected)
{
    char buffer[PIPE];
    assert_int_equal(read(ends[0], buffer, sizeof buffer), expected);
}

static void
fill_pipe(void)
{
    struct fovea_error error;
    struct fovea_line_writer writer = { ends[1], text, PIPE, 0 };
    assert_ok(fovea_line_writer_write(&writer, -1, &error), &error);
}

static void
attention_ends_it_between_two_pieces(void **state)
{
    (void)state;
    struct fovea_error error;
    FOVEA_AUTO_FD int attention = eventfd(0, EFD_CLOEXEC);
    FOVEA_AUTO_FD int none = eventfd(0, EFD_CLOEXEC);
    uint64_t one = 1;
    assert_int_equal(write(attention, &one, sizeof one), sizeof one);
    struct fovea_line_writer writer = writer_at(0);
    assert_fails(fovea_line_writer_write(&writer, attention, &error), &error,
            FOVEA_ERR_CANCELLED, "standard output");
    assert_int_equal(writer.done, 0);
    /* Nothing has begun, so nothing is to be finished. */
    assert_ok(fovea_line_writer_finish_line(&writer, none, &error), &error);
    assert_int_equal(writer.done, 0);
    /* Also where there is no room. */
    fill_pipe();
    assert_fails(fovea_line_writer_write(&writer, attention, &error), &error,
            FOVEA_ERR_CANCELLED, "standard output");
    assert_read(PIPE);
}

static void
a_line_that_has_begun_is_finished(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_line_writer writer = writer_at(LINE + 1U);
    assert_ok(fovea_line_writer_finish_line(&writer, -1, &error), &error);
    assert_int_equal(writer.done, 2 * LINE);
    assert_read(LINE - 1);
    writer = writer_at((size_t)2 * LINE);
    assert_ok(fovea_line_writer_finish_line(&writer, -1, &error), &error);
    assert_int_equal(writer.done, 2 * LINE);
}

static void
whom_nobody_reads_gives_up(void **state)
{
    (void)state;
    struct fovea_error error;
    fill_pipe();
    struct fovea_line_writer writer = writer_at(1);
    assert_fails(fovea_line_writer_finish_line(&writer, -1, &error), &error,
            FOVEA_ERR_DEADLINE, "not whole");
    /* At once, if somebody insists. */
    FOVEA_AUTO_FD int attention = eventfd(1, EFD_CLOEXEC);
    assert_fails(fovea_line_writer_finish_line(&writer, attention, &error),
            &error, FOVEA_ERR_CANCELLED, "not whole");
    assert_int_equal(writer.done, 1);
}

static void
a_reader_that_has_gone_has_a_status_of_its_own(void **state)
{
    (void)state;
    struct fovea_error error;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)close(ends[0]);
    ends[0] = -1;
    struct fovea_line_writer writer = writer_at(0);
    assert_fails(fovea_line_writer_write(&writer, -1, &error), &error,
            FOVEA_ERR_OUTPUT_CLOSED, "standard output");
    assert_int_equal(fovea_status_exit_code(FOVEA_ERR_OUTPUT_CLOSED),
            128 + SIGPIPE);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    writer.fd = full;
    assert_fails(fovea_line_writer_write(&writer, -1, &error), &error,
            FOVEA_ERR_IO, "No space left");
    (void)close(full);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(attention_ends_it_between_two_pieces,
                set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_that_has_begun_is_finished,
                set_up, tear_down),
        cmocka_unit_test_setup_teardown(whom_nobody_reads_gives_up, set_up,
                tear_down),
        cmocka_unit_test_setup_teardown(
                a_reader_that_has_gone_has_a_status_of_its_own, set_up,
                tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
