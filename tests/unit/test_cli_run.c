/*
 * A run over a stream that pretends: files, totals, and the ways in which it
 * ends early.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/macros.h"
#include "bulk/sinks.h"
#include "cli/cli.h"
#include "cli/run.h"
#include "store/npy.h"
#include "support/fake_stream.h"
#include "support/test.h"

enum {
    N_INPUTS = 200,
    WINDOW = 10
};

static char directory[] = "/tmp/fovea-run-XXXXXX";
static char names[N_INPUTS][8];
static struct fovea_input_word words[N_INPUTS];

/* What the program's main.c does. */
_Noreturn void
fovea_cli_quit(int exit_code)
{
    _exit(exit_code);
}

static int
set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_INPUTS; i++) {
        (void)snprintf(names[i], sizeof names[i], "%zu", i);
        words[i].word = names[i];
    }
    return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    return unlink("x.npy") || unlink("x.npy.jsonl") || rmdir(directory);
}

/* The row of an input is its number; those that end in 7 are bad, those that
   end in 3 have a note. */
static void
work(const struct fovea_item *item, struct fovea_error *result, float *row)
{
    const char *name = item->data;
    char last = name[strlen(name) - 1];
    *row = strtof(name, NULL);
    if (last == '7') {
        (void)fovea_fail(result, FOVEA_ERR_NOT_AN_IMAGE, "no image");
    }
    if (last == '3') {
        fovea_note(result, FOVEA_NOTE_DAMAGED, "half of it");
    }
}

static void
failing_work(const struct fovea_item *item, struct fovea_error *result,
        float *row)
{
    work(item, result, row);
    if (*row > 50) {
        (void)fovea_fail(result, FOVEA_ERR_MODEL_WEIGHTS, "weights are bad");
    }
}

static struct fovea_run_settings
settings_of(struct fovea_sink sink)
{
    return (struct fovea_run_settings){
        .inputs = {
            .words = words,
            .n_words = N_INPUTS,
            .source = { .separator = '\n' },
        },
        .sink = sink,
        .verb = "testing",
        .n_batch = 3,
    };
}

static struct fovea_sink
open_sink(const struct fovea_sink_kind *kind)
{
    struct fovea_error error;
    const struct fovea_sink_kind *found = NULL;
    struct fovea_target target = { 0 };
    struct fovea_sink sink;
    assert_ok(fovea_sinks_find("x.npy", FOVEA_STREAM_PREPROCESS, false, &found,
                      &target, &error),
            &error);
    assert_ptr_equal(found, &fovea_sink_npy);
    const struct fovea_sink_settings settings = {
        .layout = { "<f4", 1, { 1 }, sizeof(float) },
        .target = &target,
    };
    assert_ok(fovea_sink_open(kind, &settings, &sink, &error), &error);
    fovea_target_finish(&target);
    return sink;
}

static void
check_files(void)
{
    FILE *rows = fopen("x.npy", "r");
    FILE *list = fopen("x.npy.jsonl", "r");
    assert_non_null(rows);
    assert_non_null(list);
    assert_int_equal(fseek(rows, FOVEA_NPY_HEADER_SIZE, SEEK_SET), 0);
    unsigned row = 0;
    for (unsigned i = 0; i < N_INPUTS; i++) {
        char expected[128];
        char line[128] = "";
        if (i % 10 == 7) {
            (void)snprintf(expected, sizeof expected,
                    "{\"input\":\"%u\",\"error\":{\"code\":\"not_an_image\","
                    "\"message\":\"no image\"}}\n",
                    i);
        } else {
            float value = -1;
            assert_int_equal(fread(&value, sizeof value, 1, rows), 1);
            assert_true(value == (float)i);
            (void)snprintf(expected, sizeof expected,
                    "{\"input\":\"%u\"%s,\"row\":%u}\n", i,
                    i % 10 == 3 ? ",\"damaged\":true,\"note\":\"half of it\""
                                : "",
                    row++);
        }
        assert_non_null(fgets(line, sizeof line, list));
        assert_string_equal(line, expected);
    }
    assert_int_equal(fgetc(rows), EOF);
    assert_int_equal(fgetc(list), EOF);
    (void)fclose(rows);
    (void)fclose(list);
}

static void
results_come_in_the_order_of_the_inputs(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_run_totals totals;
    fake_stream_reset(WINDOW, work);
    struct fovea_sink sink = open_sink(&fovea_sink_npy);
    struct fovea_run_settings settings = settings_of(sink);
    assert_ok(fovea_run(&settings, &totals, &error), &error);
    assert_int_equal(totals.n_done, N_INPUTS);
    assert_int_equal(totals.counts.n_bad, N_INPUTS / 10);
    assert_int_equal(totals.counts.n_noted[0], N_INPUTS / 10);
    assert_int_equal(totals.counts.n_noted[1], 0);
    assert_int_equal(fake_stream.n_put, N_INPUTS);
    assert_int_equal(access("x.npy", F_OK), -1);
    assert_ok(fovea_sink_commit(&sink, &error), &error);
    fovea_sink_finish(&sink);
    check_files();
}

static void
a_failure_of_the_work_stops_the_run(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_run_totals totals;
    fake_stream_reset(WINDOW, failing_work);
    struct fovea_sink sink = open_sink(&fovea_sink_npy);
    struct fovea_run_settings settings = settings_of(sink);
    assert_fails(fovea_run(&settings, &totals, &error), &error,
            FOVEA_ERR_MODEL_WEIGHTS, "weights are bad");
    fovea_sink_finish(&sink);
    assert_true(fake_stream.n_put < N_INPUTS);
    check_files(); /* those of the run before */
}

/* Run in a child with standard output on something that cannot be written,
   and a list on standard input that never ends; gives the exit status. */
static int
run_child(int stdout_fd, bool send_signal)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    /* A signal that comes early waits until the child listens. */
    sigset_t set;
    sigset_t before;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, &before), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[1]);
        (void)dup2(ends[0], STDIN_FILENO);
        (void)dup2(stdout_fd, STDOUT_FILENO);
        static const struct fovea_input_word list[] = { { .word = "-" } };
        struct fovea_run_totals totals;
        fake_stream_reset(WINDOW, work);
        const struct fovea_sink_kind *kind =
                send_signal ? &fovea_sink_npy : &fovea_sink_stdout;
        struct fovea_run_settings settings = settings_of(open_sink(kind));
        settings.inputs = (struct fovea_inputs_settings){
            .words = list,
            .n_words = 1,
            .source = { .separator = '\n' },
        };
        enum fovea_status status = fovea_run(&settings, &totals, NULL);
        _exit(status == FOVEA_ERR_IO ? 42 : 43);
    }
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    (void)close(ends[0]);
    assert_int_equal(write(ends[1], "1\n2\n", 4), 4);
    if (send_signal) {
        assert_int_equal(kill(child, SIGTERM), 0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    (void)close(ends[1]);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
an_output_that_fails_ends_a_run_that_waits_for_its_list(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    assert_int_equal(run_child(full, false), 42);
    (void)close(full);
}

static void
a_signal_ends_a_run_that_waits_for_its_list(void **state)
{
    (void)state;
    assert_int_equal(run_child(STDOUT_FILENO, true), 128 + SIGTERM);
    check_files(); /* still those of the first run */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_come_in_the_order_of_the_inputs),
        cmocka_unit_test(a_failure_of_the_work_stops_the_run),
        cmocka_unit_test(
                an_output_that_fails_ends_a_run_that_waits_for_its_list),
        cmocka_unit_test(a_signal_ends_a_run_that_waits_for_its_list),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
