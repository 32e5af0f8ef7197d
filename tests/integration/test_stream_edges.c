/*
 * Streams where things are as bad as they can be: no worker gets ready, no
 * descriptor is left, a window is as large as it may be, and whatever can come
 * between a put and its return comes there.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fovea/fovea.h"

#include "base/macros.h"
#include "runtime/submit.h"
#include "support/golden.h"
#include "support/server.h"
#include "support/test.h"

enum {
    DIMENSION = 20, /* of the model "quick" */
    N_STREAMS = 64,
};

static const struct fovea_item missing = {
    .kind = FOVEA_ITEM_IMAGE_PATH,
    .data = "/nowhere/cat.jpg",
};

static char path[GOLDEN_PATH_SIZE];
static const struct fovea_item file = { .kind = FOVEA_ITEM_IMAGE_PATH,
    .data = path };

static struct golden_model golden;

/* Workers are stopped as they start while this is set. */
static atomic_bool stops_workers;
static atomic_int stopped_pid;

static void
stop_worker(void *context, const struct fovea_event *event)
{
    (void)context;
    if (event->kind == FOVEA_EVENT_WORKER_STARTED && stops_workers) {
        (void)kill((pid_t)event->pid, SIGSTOP);
        stopped_pid = (int)event->pid;
    }
}

static struct fovea_options
usual_options(void)
{
    struct fovea_options options = FOVEA_OPTIONS_INIT;
    options.dtype = FOVEA_DTYPE_F32;
    options.max_workers = 1;
    options.max_batch = 1;
    options.image_ns = FOVEA_NEVER;
    options.deadline_ns = FOVEA_NEVER;
    options.url.allow_private = true;
    options.url.total_ns = FOVEA_NEVER;
    options.url.connect_ns = FOVEA_NEVER;
    options.idle_ns = FOVEA_NEVER;
    options.load_ns = FOVEA_NEVER;
    options.drain_ns = FOVEA_NEVER;
    options.on_event = stop_worker;
    return options;
}

static void
open_model(const struct fovea_options *options)
{
    struct fovea_error error;
    char directory[GOLDEN_PATH_SIZE];
    golden_path("samples/formats/rgb.png", path);
    golden_path("tests/golden/models/quick", directory);
    assert_ok(fovea_open(options, &golden.library, &error), &error);
    assert_ok(
            fovea_model_open(golden.library, directory, &golden.model, &error),
            &error);
}

static int
close_model(void **state)
{
    (void)state;
    golden_close(&golden);
    return 0;
}

static struct fovea_stream *
open_stream(size_t window, bool ordered)
{
    struct fovea_error error;
    struct fovea_stream *stream = NULL;
    struct fovea_stream_options options = FOVEA_STREAM_OPTIONS_INIT;
    options.window = window;
    options.ordered = ordered;
    assert_ok(fovea_stream_open(golden.model, &options, &stream, &error),
            &error);
    return stream;
}

static void
put(struct fovea_stream *stream, const struct fovea_item *item, uint64_t tag)
{
    struct fovea_error error;
    assert_ok(fovea_stream_put(stream, item, tag, &error), &error);
}

static const struct fovea_stream_result *
take(struct fovea_stream *stream)
{
    struct fovea_error error;
    const struct fovea_stream_result *result = NULL;
    assert_ok(fovea_stream_wait(stream, FOVEA_NEVER, &error), &error);
    assert_ok(fovea_stream_take(stream, &result, &error), &error);
    return result;
}

static void
expect(struct fovea_stream *stream, uint64_t tag, enum fovea_status status)
{
    const struct fovea_stream_result *result = take(stream);
    assert_int_equal(result->state, FOVEA_STREAM_RESULT);
    assert_true(result->tag == tag);
    if (result->error.code != status) {
        fail_msg("%s: %s, expected %s", fovea_status_name(result->error.code),
                result->error.message, fovea_status_name(status));
    }
    assert_int_equal(result->embedding != NULL, status == FOVEA_OK);
}

static void
expect_all_taken(struct fovea_stream *stream)
{
    assert_int_equal(take(stream)->state, FOVEA_STREAM_ALL_TAKEN);
}

static void
a_cold_start_can_be_closed(void **state)
{
    (void)state;
    const struct fovea_options options = usual_options();
    open_model(&options);
    stops_workers = true;
    struct fovea_stream *stream = open_stream(2, true);
    struct fovea_stream *other = open_stream(1, false);
    put(stream, &file, 0);
    put(stream, &file, 1);
    put(other, &file, 0);
    while (!stopped_pid) {
        (void)usleep(1000);
    }
    fovea_stream_close(stream);
    stops_workers = false;
    assert_int_equal(kill(stopped_pid, SIGCONT), 0);
    expect(other, 0, FOVEA_OK);
    fovea_stream_close(other);
}

static void
a_worker_program_that_is_none_is_a_result(void **state)
{
    (void)state;
    static const char *const programs[] = { "/nowhere/fovea-worker",
        "/bin/false" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(programs); i++) {
        struct fovea_options options = usual_options();
        options.worker_program = programs[i];
        open_model(&options);
        struct fovea_stream *stream = open_stream(2, true);
        put(stream, &missing, 0);
        put(stream, &file, 1);
        expect(stream, 0, FOVEA_ERR_FILE_NOT_FOUND);
        expect(stream, 1, FOVEA_ERR_WORKER_START);
        expect_all_taken(stream);
        put(stream, &file, 2);
        fovea_stream_close(stream);
        golden_close(&golden);
    }
}

static void
memory_for_no_worker_is_a_result(void **state)
{
    (void)state;
    struct fovea_options options = usual_options();
    options.memory_limit_bytes = 1;
    open_model(&options);
    struct fovea_stream *stream = open_stream(2, false);
    for (uint64_t i = 0; i < 4; i++) {
        put(stream, &file, i);
        expect(stream, i, FOVEA_ERR_MEMORY_EXHAUSTED);
    }
    expect_all_taken(stream);
    fovea_stream_close(stream);
}

/* Descriptors that are to be had from now on. */
static rlim_t
leave_descriptors(rlim_t n)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = n;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    return before;
}

static void
without_a_descriptor_there_is_no_stream(void **state)
{
    (void)state;
    struct fovea_error error;
    const struct fovea_options options = usual_options();
    open_model(&options);
    struct fovea_stream *stream = open_stream(4, true);
    struct fovea_stream *none = NULL;
    put(stream, &file, 0);
    expect(stream, 0, FOVEA_OK);
    rlim_t before = leave_descriptors(0);
    assert_fails(fovea_stream_open(golden.model, NULL, &none, &error), &error,
            FOVEA_ERR_IO, "descriptor of a stream");
    assert_null(none);
    /* And an item that finds none has that for its result. */
    put(stream, &file, 1);
    expect(stream, 1, FOVEA_ERR_IO);
    (void)leave_descriptors(before);
    put(stream, &file, 2);
    expect(stream, 2, FOVEA_OK);
    fovea_stream_close(stream);
    stream = open_stream(1, false);
    fovea_stream_close(stream);
}

/* No other ways in than what is held up by a server. */
static void
the_largest_window_is_cancelled_as_one(void **state)
{
    (void)state;
    struct fovea_options options = usual_options();
    options.max_queue = FOVEA_MAX_QUEUE;
    open_model(&options);
    struct server *server = server_start();
    char url[128];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/held/9",
            server_port(server));
    const struct fovea_item held = { .kind = FOVEA_ITEM_IMAGE_URL,
        .data = url };
    struct fovea_error error;
    struct fovea_stream *stream = open_stream(FOVEA_MAX_QUEUE, true);
    for (uint64_t i = 0; i < FOVEA_MAX_QUEUE; i++) {
        put(stream, &held, i);
    }
    assert_fails(fovea_stream_put(stream, &held, 0, &error), &error,
            FOVEA_ERR_BUSY, "65536 items");
    fovea_stream_cancel(stream);
    for (uint64_t i = 0; i < FOVEA_MAX_QUEUE; i++) {
        expect(stream, i, FOVEA_ERR_CANCELLED);
    }
    expect_all_taken(stream);
    for (uint64_t i = 0; i < FOVEA_MAX_QUEUE; i++) {
        put(stream, &held, i);
    }
    fovea_stream_close(stream);
    golden_close(&golden);
    server_stop(server);
}

static void
a_cancel_spares_what_comes_after_it(void **state)
{
    (void)state;
    const struct fovea_options options = usual_options();
    open_model(&options);
    struct server *server = server_start();
    char url[128];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/held/9",
            server_port(server));
    const struct fovea_item held = { .kind = FOVEA_ITEM_IMAGE_URL,
        .data = url };
    struct fovea_stream *stream = open_stream(3, true);
    struct fovea_stream *other = open_stream(1, false);
    put(other, &held, 9);
    put(stream, &held, 0);
    for (uint64_t i = 1; i < 3; i++) {
        fovea_stream_cancel(stream);
        put(stream, &held, i);
    }
    expect(stream, 0, FOVEA_ERR_CANCELLED);
    expect(stream, 1, FOVEA_ERR_CANCELLED);
    server_let_go(server);
    expect(stream, 2, FOVEA_ERR_NOT_AN_IMAGE);
    expect(other, 9, FOVEA_ERR_NOT_AN_IMAGE);
    fovea_stream_close(stream);
    fovea_stream_close(other);
    golden_close(&golden);
    server_stop(server);
}

static void
tags_windows_and_deadlines_go_to_their_ends(void **state)
{
    (void)state;
    struct fovea_error error;
    const struct fovea_options options = usual_options();
    open_model(&options);
    struct fovea_stream *stream = open_stream(1, true);
    const uint64_t tags[] = { 0, UINT64_MAX, 0 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(tags); i++) {
        put(stream, &file, tags[i]);
        assert_fails(fovea_stream_put(stream, &file, 1, &error), &error,
                FOVEA_ERR_BUSY, "1 items");
        expect(stream, tags[i], FOVEA_OK);
    }
    fovea_stream_close(stream);
    struct fovea_stream_options settings = FOVEA_STREAM_OPTIONS_INIT;
    settings.deadline_ns = 1;
    assert_ok(fovea_stream_open(golden.model, &settings, &stream, &error),
            &error);
    put(stream, &file, 3);
    expect(stream, 3, FOVEA_ERR_DEADLINE);
    fovea_stream_close(stream);
    settings.deadline_ns = FOVEA_NEVER;
    assert_ok(fovea_stream_open(golden.model, &settings, &stream, &error),
            &error);
    put(stream, &file, 4);
    expect(stream, 4, FOVEA_OK);
    fovea_stream_close(stream);
}

static void
count_good(void *context, const struct fovea_error *result,
        const float *embedding, const struct fovea_timings *timings)
{
    (void)embedding;
    (void)timings;
    atomic_uint *n_good = context;
    *n_good += result->code == FOVEA_OK;
}

static void
many_streams_share_a_model(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_options options = usual_options();
    options.max_queue = 2;
    open_model(&options);
    static struct fovea_stream *streams[N_STREAMS];
    static atomic_uint n_good;
    for (size_t i = 0; i < N_STREAMS; i++) {
        streams[i] = open_stream(2, i % 2);
        put(streams[i], &file, i);
    }
    enum fovea_status status = fovea_submit(golden.model, &file, NULL,
            count_good, &n_good, NULL, &error);
    assert_true(status == FOVEA_OK || status == FOVEA_ERR_BUSY);
    const struct fovea_item items[3] = { file, missing, file };
    struct fovea_error results[3];
    float vectors[3][DIMENSION];
    assert_ok(fovea_embed_batch(golden.model, items, 3, 0, vectors[0], results,
                      &error),
            &error);
    assert_int_equal(results[0].code, FOVEA_OK);
    assert_int_equal(results[1].code, FOVEA_ERR_FILE_NOT_FOUND);
    for (size_t i = 0; i < N_STREAMS; i++) {
        expect(streams[i], i, FOVEA_OK);
        expect_all_taken(streams[i]);
        fovea_stream_close(streams[i]);
    }
    golden_close(&golden);
    assert_int_equal(n_good, status == FOVEA_OK);
}

/* What happens in the middle of the next put, before and after the library has
   its item. */
static struct {
    struct fovea_stream *stream;
    void (*before)(struct fovea_stream *stream);
    void (*after)(struct fovea_stream *stream);
    pid_t worker;
} hook;

enum fovea_status __real_fovea_request_submit(struct fovea_model *model,
        const struct fovea_request *request, uint64_t *ticket_out,
        struct fovea_error *err);
enum fovea_status __wrap_fovea_request_submit(struct fovea_model *model,
        const struct fovea_request *request, uint64_t *ticket_out,
        struct fovea_error *err);

enum fovea_status
__wrap_fovea_request_submit(struct fovea_model *model,
        const struct fovea_request *request, uint64_t *ticket_out,
        struct fovea_error *err)
{
    void (*before)(struct fovea_stream * stream) = FOVEA_TAKE(hook.before);
    void (*after)(struct fovea_stream * stream) = FOVEA_TAKE(hook.after);
    if (before) {
        before(hook.stream);
    }
    enum fovea_status status =
            __real_fovea_request_submit(model, request, ticket_out, err);
    if (after) {
        after(hook.stream);
    }
    return status;
}

static void
expect_first(struct fovea_stream *stream)
{
    expect(stream, 0, FOVEA_OK);
}

/* The item's place serves another one before its put has returned. */
static void
expect_first_and_go_on(struct fovea_stream *stream)
{
    expect(stream, 0, FOVEA_OK);
    expect_all_taken(stream);
    assert_int_equal(kill(hook.worker, SIGSTOP), 0);
    put(stream, &file, 1);
    put(stream, &missing, 2);
}

static void
expect_deadline(struct fovea_stream *stream)
{
    expect(stream, 0, FOVEA_ERR_DEADLINE);
}

static void
what_comes_before_a_put_returns_counts(void **state)
{
    (void)state;
    struct fovea_error error;
    const struct fovea_options options = usual_options();
    open_model(&options);
    hook.stream = open_stream(2, false);
    put(hook.stream, &file, 0);
    expect(hook.stream, 0, FOVEA_OK);
    /* Cancelled before and after the library has it; no worker may be faster. */
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    assert_ok(fovea_pool_stats(golden.library, &stats, &error), &error);
    hook.worker = (pid_t)stats.workers[0].pid;
    fovea_pool_stats_finish(&stats);
    assert_int_equal(kill(hook.worker, SIGSTOP), 0);
    hook.before = fovea_stream_cancel;
    put(hook.stream, &file, 0);
    expect(hook.stream, 0, FOVEA_ERR_CANCELLED);
    hook.after = fovea_stream_cancel;
    put(hook.stream, &file, 1);
    expect(hook.stream, 1, FOVEA_ERR_CANCELLED);
    assert_int_equal(kill(hook.worker, SIGCONT), 0);
    /* Done, and its place in use again. */
    hook.after = expect_first;
    put(hook.stream, &file, 0);
    expect_all_taken(hook.stream);
    hook.after = expect_first_and_go_on;
    put(hook.stream, &file, 0);
    /* In the order in which they are done. */
    expect(hook.stream, 2, FOVEA_ERR_FILE_NOT_FOUND);
    assert_int_equal(kill(hook.worker, SIGCONT), 0);
    expect(hook.stream, 1, FOVEA_OK);
    expect_all_taken(hook.stream);
    fovea_stream_close(hook.stream);
    /* Too late. */
    struct fovea_stream_options settings = FOVEA_STREAM_OPTIONS_INIT;
    settings.deadline_ns = 1;
    assert_ok(fovea_stream_open(golden.model, &settings, &hook.stream, &error),
            &error);
    hook.after = expect_deadline;
    put(hook.stream, &file, 0);
    expect_all_taken(hook.stream);
    fovea_stream_close(hook.stream);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_cold_start_can_be_closed, close_model),
        cmocka_unit_test_teardown(a_worker_program_that_is_none_is_a_result,
                close_model),
        cmocka_unit_test_teardown(memory_for_no_worker_is_a_result,
                close_model),
        cmocka_unit_test_teardown(without_a_descriptor_there_is_no_stream,
                close_model),
        cmocka_unit_test_teardown(the_largest_window_is_cancelled_as_one,
                close_model),
        cmocka_unit_test_teardown(a_cancel_spares_what_comes_after_it,
                close_model),
        cmocka_unit_test_teardown(tags_windows_and_deadlines_go_to_their_ends,
                close_model),
        cmocka_unit_test_teardown(many_streams_share_a_model, close_model),
        cmocka_unit_test_teardown(what_comes_before_a_put_returns_counts,
                close_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
