/*
 * From sources to a sink, over a stream that pretends: order, batches, bounds,
 * and the ways in which it ends early.
 */
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/text.h"
#include "bulk/pump.h"
#include "bulk/sinks.h"
#include "support/fake_stream.h"
#include "support/test.h"

enum {
    N_INPUTS = 100
};

static char names[N_INPUTS][8];
static struct fovea_input_word words[N_INPUTS];

/* What the sink was given: "0 1 (2) | 3 4 |": names, the bad ones in brackets,
   a bar at each checkpoint. */
static struct fovea_text *written;
static unsigned n_before;
static unsigned n_after;
static int checkpoint_fd;
static enum fovea_status sink_fails;
static sem_t was_written;

static enum fovea_status
open_sink(const struct fovea_sink_settings *settings, void *state,
        struct fovea_error *err)
{
    (void)settings;
    (void)err;
    written = state;
    return FOVEA_OK;
}

static enum fovea_status
write_results(void *state, const struct fovea_row_result *results, size_t n,
        struct fovea_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const char *path = results[i].entry->path;
        if (!results[i].error->code) {
            assert_true(*(const float *)results[i].row == strtof(path, NULL));
        }
        fovea_text_format(state, results[i].error->code ? "(%s) " : "%s ",
                path);
    }
    return sink_fails ? fovea_fail(err, sink_fails, "the sink is full")
                      : FOVEA_OK;
}

static enum fovea_status
checkpoint(void *state, int attention_fd, struct fovea_error *err)
{
    (void)err;
    fovea_text_format(state, "| ");
    checkpoint_fd = attention_fd;
    return FOVEA_OK;
}

static void
finish(void *state)
{
    fovea_text_finish(state);
}

static const struct fovea_sink_kind kind = {
    .state_size = sizeof(struct fovea_text),
    .open = open_sink,
    .write = write_results,
    .checkpoint = checkpoint,
    .finish = finish,
};

static void
before_write(void *context)
{
    (void)context;
    assert_int_equal(n_before, n_after);
    n_before++;
}

static void
after_write(void *context, const struct fovea_row_batch *batch,
        const struct fovea_error *error)
{
    (void)context;
    (void)batch;
    assert_int_equal(error ? error->code : FOVEA_OK, sink_fails);
    n_after++;
    (void)sem_post(&was_written);
}

/* The row of an input is its number; those that end in 7 are bad. */
static void
work(const struct fovea_item *item, struct fovea_error *result, float *row)
{
    const char *name = item->data;
    assert_int_equal(item->kind, FOVEA_ITEM_IMAGE_PATH);
    *row = strtof(name, NULL);
    if (name[strlen(name) - 1] == '7') {
        (void)fovea_fail(result, FOVEA_ERR_NOT_AN_IMAGE, "no image");
    }
}

/* Nobody is there to work. */
static void
no_work(const struct fovea_item *item, struct fovea_error *result, float *row)
{
    work(item, result, row);
    if (!result->code) {
        (void)fovea_fail(result, FOVEA_ERR_MEMORY_EXHAUSTED, "no room for %s",
                (const char *)item->data);
    }
}

static int
set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_INPUTS; i++) {
        (void)snprintf(names[i], sizeof names[i], "%zu", i);
        words[i].word = names[i];
    }
    n_before = 0;
    n_after = 0;
    checkpoint_fd = -1;
    sink_fails = FOVEA_OK;
    return sem_init(&was_written, 0, 0);
}

struct scene {
    struct fovea_inputs_settings inputs;
    struct fovea_sink sink;
    struct fovea_pump_counters counters;
    struct fovea_pump_settings settings;
};

static void
scene_init(struct scene *scene, size_t n_words, size_t n_batch)
{
    *scene = (struct scene){
        .inputs = {
            .words = words,
            .n_words = n_words,
            .source = { .separator = '\n' },
        },
        .settings = {
            .inputs = &scene->inputs,
            .sink = &scene->sink,
            .n_batch = n_batch,
            .stop_fd = eventfd(0, EFD_CLOEXEC),
            .counters = &scene->counters,
            .before_write = before_write,
            .after_write = after_write,
        },
    };
    const struct fovea_sink_settings settings = {
        .layout = { "<f4", 1, { 1 }, sizeof(float) },
    };
    struct fovea_error error;
    assert_true(scene->settings.stop_fd >= 0);
    assert_ok(fovea_sink_open(&kind, &settings, &scene->sink, &error), &error);
}

static void
scene_finish(struct scene *scene)
{
    assert_int_equal(fake_stream.n_open, 0);
    fovea_sink_finish(&scene->sink);
    (void)close(scene->settings.stop_fd);
}

static void
results_come_in_the_order_of_the_inputs(void **state)
{
    (void)state;
    /* Windows smaller and larger than a batch. */
    static const size_t windows[] = { 1, 3, 4, 9, 1000 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(windows); i++) {
        struct scene scene;
        struct fovea_error error;
        fake_stream_reset(windows[i], work);
        scene_init(&scene, N_INPUTS, 4);
        assert_ok(fovea_pump(&scene.settings, &error), &error);
        struct fovea_text expected = { 0 };
        for (size_t j = 0; j < N_INPUTS; j++) {
            fovea_text_format(&expected, j % 10 == 7 ? "(%zu) %s" : "%zu %s", j,
                    j % 4 == 3 ? "| " : "");
        }
        assert_string_equal(written->data, expected.data);
        fovea_text_finish(&expected);
        assert_int_equal(scene.counters.n_done, N_INPUTS);
        assert_int_equal(scene.counters.n_inputs, N_INPUTS);
        assert_int_equal(scene.counters.n_bad, N_INPUTS / 10);
        assert_int_equal(fake_stream.n_put, N_INPUTS);
        assert_int_equal(fake_stream.n_busy > 0, windows[i] < N_INPUTS);
        assert_int_equal(n_after, N_INPUTS / 4 * (i + 1));
        assert_int_equal(checkpoint_fd, scene.settings.stop_fd);
        scene_finish(&scene);
    }
}

static void
what_cannot_be_tried_keeps_its_place(void **state)
{
    (void)state;
    struct scene scene;
    struct fovea_error error;
    int ends[2];
    static const struct fovea_input_word list[] = { { .word = "1" },
        { .word = "-" }, { .word = "2" } };
    static const char lines[] = "3\0\n4\0\n5\n6\0\n8\n9\0\n";
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], lines, sizeof lines - 1), sizeof lines - 1);
    (void)close(ends[1]);
    assert_true(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    (void)close(ends[0]);
    fake_stream_reset(2, work);
    scene_init(&scene, 3, 3);
    scene.inputs.words = list;
    assert_ok(fovea_pump(&scene.settings, &error), &error);
    assert_string_equal(written->data, "1 (3) (4) | 5 (6) 8 | (9) 2 | ");
    assert_int_equal(fake_stream.n_put, 4);
    assert_int_equal(scene.counters.n_bad, 4);
    scene_finish(&scene);
}

static void
nothing_to_do_is_done_at_once(void **state)
{
    (void)state;
    struct scene scene;
    struct fovea_error error;
    fake_stream_reset(2, work);
    scene_init(&scene, 0, 3);
    assert_ok(fovea_pump(&scene.settings, &error), &error);
    assert_int_equal(scene.counters.n_done, 0);
    assert_int_equal(n_after, 0);
    scene_finish(&scene);
}

static void *
run(void *context)
{
    struct scene *scene = context;
    struct fovea_error error;
    enum fovea_status status = fovea_pump(&scene->settings, &error);
    assert_int_equal(status, FOVEA_ERR_CANCELLED);
    return NULL;
}

static void
a_slow_list_is_answered_as_it_comes_until_the_stop(void **state)
{
    (void)state;
    struct scene scene;
    int ends[2];
    pthread_t thread;
    static const struct fovea_input_word list[] = { { .word = "-" } };
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_true(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    (void)close(ends[0]);
    fake_stream_reset(8, work);
    scene_init(&scene, 1, 3);
    scene.inputs.words = list;
    assert_int_equal(pthread_create(&thread, NULL, run, &scene), 0);
    assert_int_equal(write(ends[1], "1\n2\n", 4), 4);
    assert_int_equal(sem_wait(&was_written), 0);
    assert_string_equal(written->data, "1 2 | ");
    assert_int_equal(write(ends[1], "3\n4\n5\n", 6), 6);
    assert_int_equal(sem_wait(&was_written), 0);
    assert_string_equal(written->data, "1 2 | 3 4 5 | ");
    uint64_t one = 1;
    assert_int_equal(write(scene.settings.stop_fd, &one, sizeof one),
            sizeof one);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(scene.counters.n_inputs, 0);
    (void)close(ends[1]);
    scene_finish(&scene);
}

static void
a_sink_that_fails_ends_it(void **state)
{
    (void)state;
    struct scene scene;
    struct fovea_error error;
    fake_stream_reset(6, work);
    scene_init(&scene, N_INPUTS, 2);
    sink_fails = FOVEA_ERR_IO;
    assert_fails(fovea_pump(&scene.settings, &error), &error, FOVEA_ERR_IO,
            "the sink is full");
    assert_string_equal(written->data, "0 1 ");
    assert_int_equal(n_after, 1);
    assert_int_equal(scene.counters.n_done, 0);
    scene_finish(&scene);
}

static void
nobody_to_do_the_work_ends_it(void **state)
{
    (void)state;
    struct scene scene;
    struct fovea_error error;
    fake_stream_reset(6, no_work);
    /* One that says something else, as the last of the batch, is enough. */
    scene_init(&scene, 8, 8);
    assert_ok(fovea_pump(&scene.settings, &error), &error);
    assert_int_equal(scene.counters.n_bad, 8);
    scene_finish(&scene);
    fake_stream_reset(6, no_work);
    scene_init(&scene, 8, 4);
    assert_fails(fovea_pump(&scene.settings, &error), &error,
            FOVEA_ERR_MEMORY_EXHAUSTED, "no room for 0");
    assert_int_equal(scene.counters.n_done, 0);
    assert_null(written->data);
    scene_finish(&scene);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(results_come_in_the_order_of_the_inputs, set_up),
        cmocka_unit_test_setup(what_cannot_be_tried_keeps_its_place, set_up),
        cmocka_unit_test_setup(nothing_to_do_is_done_at_once, set_up),
        cmocka_unit_test_setup(
                a_slow_list_is_answered_as_it_comes_until_the_stop, set_up),
        cmocka_unit_test_setup(a_sink_that_fails_ends_it, set_up),
        cmocka_unit_test_setup(nobody_to_do_the_work_ends_it, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
