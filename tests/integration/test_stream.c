/*
 * Streams over real workers: what comes out is what was put in, bounded, in
 * order where that was asked for, and the descriptor is readable exactly while
 * something can be taken. Work is held by stopping the only worker, or by a
 * server that does not answer before it is told to.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fovea/fovea.h"

#include "base/clock.h"
#include "base/macros.h"
#include "support/golden.h"
#include "support/server.h"
#include "support/test.h"

enum {
    DIMENSION = 20, /* of the model "quick" */
    N_LONG = 10000,
    N_PUTTERS = 4,
    N_OF_PUTTER = 50,
    MAX_BYTES = 1 << 20,
};

static const struct fovea_item missing = {
    .kind = FOVEA_ITEM_IMAGE_PATH,
    .data = "/nowhere/cat.jpg",
};

static struct golden_model golden;
static struct server *server;
static char path[GOLDEN_PATH_SIZE];
static char held_url[128];
static uint8_t bytes[MAX_BYTES];
static struct fovea_item file;    /* a good picture, by its path */
static struct fovea_item picture; /* the same in memory */
static struct fovea_item held;    /* no picture, once the server lets go */
static float expected[DIMENSION];
static float expected_raw[DIMENSION];

/* One worker, one image at a time, and room for three more. */
static int
open_model(void **state)
{
    (void)state;
    struct fovea_error error;
    char directory[GOLDEN_PATH_SIZE];
    struct fovea_options options = FOVEA_OPTIONS_INIT;
    options.dtype = FOVEA_DTYPE_F32;
    options.max_workers = 1;
    options.max_batch = 1;
    options.max_queue = 3;
    options.image_ns = FOVEA_NEVER;
    options.deadline_ns = FOVEA_NEVER;
    options.url.allow_private = true;
    options.url.total_ns = FOVEA_NEVER;
    golden_path("tests/golden/models/quick", directory);
    assert_ok(fovea_open(&options, &golden.library, &error), &error);
    assert_ok(
            fovea_model_open(golden.library, directory, &golden.model, &error),
            &error);
    assert_ok(fovea_embed_image(golden.model, path, 0, expected, &error),
            &error);
    assert_ok(fovea_embed_image(golden.model, path, FOVEA_EMBED_RAW,
                      expected_raw, &error),
            &error);
    server = server_start();
    (void)snprintf(held_url, sizeof held_url, "http://127.0.0.1:%u/held/9",
            server_port(server));
    return 0;
}

static int
close_model(void **state)
{
    (void)state;
    golden_close(&golden);
    server_stop(server);
    return 0;
}

static int
set_up(void **state)
{
    (void)state;
    golden_path("samples/formats/rgb.png", path);
    FILE *opened = fopen(path, "rb");
    assert_non_null(opened);
    size_t size = fread(bytes, 1, sizeof bytes, opened);
    (void)fclose(opened);
    file = (struct fovea_item){ .kind = FOVEA_ITEM_IMAGE_PATH, .data = path };
    picture = (struct fovea_item){ .kind = FOVEA_ITEM_IMAGE_BYTES,
        .data = bytes,
        .size = size };
    held = (struct fovea_item){ .kind = FOVEA_ITEM_IMAGE_URL,
        .data = held_url };
    return 0;
}

/* Stop the worker, or let it go on: what is put meanwhile stays under way. */
static void
tell_worker(int number)
{
    struct fovea_error error;
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    assert_ok(fovea_pool_stats(golden.library, &stats, &error), &error);
    assert_int_equal(stats.n_workers, 1);
    assert_int_equal(kill((pid_t)stats.workers[0].pid, number), 0);
    fovea_pool_stats_finish(&stats);
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

static bool
is_readable(const struct fovea_stream *stream)
{
    struct pollfd watched = { .fd = fovea_stream_fd(stream), .events = POLLIN };
    int n = poll(&watched, 1, 0);
    assert_true(n == 0 || (n == 1 && watched.revents == POLLIN));
    return n == 1;
}

/* Without waiting. */
static const struct fovea_stream_result *
look(struct fovea_stream *stream)
{
    struct fovea_error error;
    const struct fovea_stream_result *result = NULL;
    bool was_readable = is_readable(stream);
    assert_ok(fovea_stream_take(stream, &result, &error), &error);
    assert_int_equal(was_readable, result->state == FOVEA_STREAM_RESULT);
    return result;
}

static void
wait_by_poll(const struct fovea_stream *stream)
{
    struct pollfd watched = { .fd = fovea_stream_fd(stream), .events = POLLIN };
    assert_int_equal(poll(&watched, 1, -1), 1);
}

static const struct fovea_stream_result *
take(struct fovea_stream *stream)
{
    wait_by_poll(stream);
    const struct fovea_stream_result *result = look(stream);
    assert_int_equal(result->state, FOVEA_STREAM_RESULT);
    return result;
}

static void
check(const struct fovea_stream_result *result, uint64_t tag,
        enum fovea_status status)
{
    assert_int_equal(result->state, FOVEA_STREAM_RESULT);
    assert_int_equal(result->tag, tag);
    if (result->error.code != status) {
        fail_msg("%s: %s, expected %s", fovea_status_name(result->error.code),
                result->error.message, fovea_status_name(status));
    }
    if (status) {
        assert_null(result->embedding);
        assert_int_equal(result->row_bytes, 0);
    } else {
        assert_int_equal(result->row_bytes, sizeof expected);
        assert_memory_equal(result->embedding, expected, sizeof expected);
        assert_true(result->timings->total_ns > 0);
    }
}

static void
check_state(struct fovea_stream *stream, enum fovea_stream_state state)
{
    const struct fovea_stream_result *result = look(stream);
    assert_int_equal(result->state, state);
    assert_null(result->embedding);
    assert_int_equal(result->error.code, FOVEA_OK);
}

static void
an_item_comes_out_once(void **state)
{
    (void)state;
    struct fovea_stream *stream = open_stream(0, false);
    assert_int_equal(fovea_model_window(golden.model), 2);
    check_state(stream, FOVEA_STREAM_ALL_TAKEN);
    put(stream, &file, UINT64_MAX);
    check(take(stream), UINT64_MAX, FOVEA_OK);
    check_state(stream, FOVEA_STREAM_ALL_TAKEN);
    put(stream, &picture, 7);
    check(take(stream), 7, FOVEA_OK);
    check_state(stream, FOVEA_STREAM_ALL_TAKEN);
    fovea_stream_close(stream);
    fovea_stream_close(NULL);
}

static void
the_window_bounds_what_is_not_taken(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_stream *stream = open_stream(2, false);
    tell_worker(SIGSTOP);
    put(stream, &picture, 0);
    put(stream, &picture, 1);
    assert_fails(fovea_stream_put(stream, &picture, 2, &error), &error,
            FOVEA_ERR_BUSY, "2 items");
    check_state(stream, FOVEA_STREAM_NONE_YET);
    tell_worker(SIGCONT);
    /* A result that can be taken has its place still. */
    wait_by_poll(stream);
    assert_fails(fovea_stream_put(stream, &picture, 2, &error), &error,
            FOVEA_ERR_BUSY, "2 items");
    check(take(stream), 0, FOVEA_OK);
    check(take(stream), 1, FOVEA_OK);
    /* One that was taken has not, though it is looked at. */
    put(stream, &missing, 2);
    put(stream, &missing, 3);
    assert_fails(fovea_stream_put(stream, &picture, 4, &error), &error,
            FOVEA_ERR_BUSY, "2 items");
    check(take(stream), 2, FOVEA_ERR_FILE_NOT_FOUND);
    check(take(stream), 3, FOVEA_ERR_FILE_NOT_FOUND);
    check_state(stream, FOVEA_STREAM_ALL_TAKEN);
    fovea_stream_close(stream);
}

static void
whatever_comes_of_an_item_is_its_result(void **state)
{
    (void)state;
    const struct {
        struct fovea_item item;
        enum fovea_status status;
    } items[] = {
        { missing, FOVEA_ERR_FILE_NOT_FOUND },
        { picture, FOVEA_OK },
        { { .kind = FOVEA_ITEM_IMAGE_BASE64, .data = "no*base64", .size = 9 },
                FOVEA_ERR_BASE64 },
        { { .kind = FOVEA_ITEM_IMAGE_BYTES, .data = "hello", .size = 5 },
                FOVEA_ERR_NOT_AN_IMAGE },
        { { .kind = FOVEA_ITEM_IMAGE_URL, .data = "ftp://127.0.0.1/" },
                FOVEA_ERR_URL },
        { { .kind = (enum fovea_item_kind)99 }, FOVEA_ERR_ARGUMENT },
        { { .kind = FOVEA_ITEM_IMAGE_PATH,
                  .data = path,
                  .reserved = { [3] = 1 } },
                FOVEA_ERR_ARGUMENT },
        { file, FOVEA_OK },
    };
    struct fovea_stream *stream = open_stream(FOVEA_ARRAY_LEN(items), true);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(items); i++) {
        put(stream, &items[i].item, i);
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(items); i++) {
        const struct fovea_stream_result *result = take(stream);
        check(result, i, items[i].status);
        assert_int_equal(result->error.message[0] != 0,
                items[i].status != FOVEA_OK);
    }
    check_state(stream, FOVEA_STREAM_ALL_TAKEN);
    fovea_stream_close(stream);
}

/* The second item of an ordered stream is done before the first: by then so is
   the one that was put after it into another stream. */
static void
order_is_kept_where_it_was_asked_for(void **state)
{
    (void)state;
    struct fovea_stream *ordered = open_stream(2, true);
    struct fovea_stream *other = open_stream(3, false);
    put(ordered, &held, 0);
    put(ordered, &picture, 1);
    put(other, &held, 10);
    put(other, &picture, 11);
    check(take(other), 11, FOVEA_OK);
    check_state(other, FOVEA_STREAM_NONE_YET);
    check_state(ordered, FOVEA_STREAM_NONE_YET);
    server_let_go(server);
    check(take(ordered), 0, FOVEA_ERR_NOT_AN_IMAGE);
    check(take(ordered), 1, FOVEA_OK);
    check_state(ordered, FOVEA_STREAM_ALL_TAKEN);
    check(take(other), 10, FOVEA_ERR_NOT_AN_IMAGE);
    check_state(other, FOVEA_STREAM_ALL_TAKEN);
    fovea_stream_close(ordered);
    fovea_stream_close(other);
}

static void
ten_thousand_go_through_a_window_of_four(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_stream *stream = open_stream(4, true);
    uint64_t n_taken = 0;
    for (uint64_t i = 0; i < N_LONG; i++) {
        const struct fovea_item *item = i % 4 ? &missing : &picture;
        while (fovea_stream_put(stream, item, i, &error)) {
            assert_int_equal(error.code, FOVEA_ERR_BUSY);
            check(take(stream), n_taken,
                    n_taken % 4 ? FOVEA_ERR_FILE_NOT_FOUND : FOVEA_OK);
            n_taken++;
        }
    }
    while (n_taken < N_LONG) {
        check(take(stream), n_taken,
                n_taken % 4 ? FOVEA_ERR_FILE_NOT_FOUND : FOVEA_OK);
        n_taken++;
    }
    check_state(stream, FOVEA_STREAM_ALL_TAKEN);
    fovea_stream_close(stream);
}

/* Fill the worker's hands and the queue with single images of others; each
   answer of them adds to a count. */
struct others {
    pthread_mutex_t mutex;
    unsigned n_good;
};

static void
other_done(void *context, const struct fovea_error *result,
        const float *embedding, const struct fovea_timings *timings)
{
    (void)embedding;
    (void)timings;
    struct others *others = context;
    (void)pthread_mutex_lock(&others->mutex);
    others->n_good += result->code == FOVEA_OK;
    (void)pthread_mutex_unlock(&others->mutex);
}

static bool
has_one_in_hand(void)
{
    struct fovea_error error;
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    assert_ok(fovea_pool_stats(golden.library, &stats, &error), &error);
    bool has = stats.models[0].n_in_hand == 1;
    fovea_pool_stats_finish(&stats);
    return has;
}

static unsigned
submit_until_busy(struct others *others)
{
    struct fovea_error error;
    unsigned n = 0;
    while (fovea_submit(golden.model, &picture, NULL, other_done, others, NULL,
                   &error) == FOVEA_OK) {
        n++;
    }
    assert_int_equal(error.code, FOVEA_ERR_BUSY);
    return n;
}

static unsigned
fill_the_queue(struct others *others)
{
    unsigned n = submit_until_busy(others);
    while (!has_one_in_hand()) {
        (void)sched_yield();
    }
    return n + submit_until_busy(others); /* in the place of that one */
}

static void
a_full_queue_is_waited_out(void **state)
{
    (void)state;
    struct fovea_error error;
    struct others others = { .mutex = PTHREAD_MUTEX_INITIALIZER };
    struct fovea_stream *stream = open_stream(8, false);
    tell_worker(SIGSTOP);
    unsigned n_others = fill_the_queue(&others);
    assert_int_equal(n_others, 4);
    put(stream, &picture, 0); /* nothing of the stream's is under way */
    assert_fails(fovea_stream_put(stream, &picture, 1, &error), &error,
            FOVEA_ERR_BUSY, "wait for");
    /* What needs no worker is not concerned. */
    put(stream, &missing, 2);
    check(take(stream), 2, FOVEA_ERR_FILE_NOT_FOUND);
    check_state(stream, FOVEA_STREAM_NONE_YET);
    tell_worker(SIGCONT);
    check(take(stream), 0, FOVEA_OK);
    put(stream, &picture, 1);
    check(take(stream), 1, FOVEA_OK);
    fovea_stream_close(stream);
    assert_int_equal(others.n_good, n_others); /* they came first */
}

struct batch {
    pthread_t thread;
    enum fovea_status status;
    struct fovea_error results[3];
    float vectors[3][DIMENSION];
};

static void *
embed_batch(void *argument)
{
    struct batch *batch = argument;
    const struct fovea_item items[3] = { picture, missing, picture };
    batch->status = fovea_embed_batch(golden.model, items, 3, 0,
            batch->vectors[0], batch->results, NULL);
    return NULL;
}

/* One more than may wait: a batch that has nothing under way comes in. */
static bool
has_four_in_line(void)
{
    struct fovea_error error;
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    assert_ok(fovea_pool_stats(golden.library, &stats, &error), &error);
    bool has = stats.models[0].n_queued == 4;
    fovea_pool_stats_finish(&stats);
    return has;
}

static void
a_batch_waits_out_a_queue_that_others_filled(void **state)
{
    (void)state;
    struct batch batch = { .status = FOVEA_ERR_INTERNAL };
    struct others others = { .mutex = PTHREAD_MUTEX_INITIALIZER };
    tell_worker(SIGSTOP);
    unsigned n_others = fill_the_queue(&others);
    assert_int_equal(pthread_create(&batch.thread, NULL, embed_batch, &batch),
            0);
    while (!has_four_in_line()) {
        (void)sched_yield();
    }
    tell_worker(SIGCONT);
    assert_int_equal(pthread_join(batch.thread, NULL), 0);
    assert_int_equal(batch.status, FOVEA_OK);
    assert_int_equal(batch.results[0].code, FOVEA_OK);
    assert_int_equal(batch.results[1].code, FOVEA_ERR_FILE_NOT_FOUND);
    assert_int_equal(batch.results[2].code, FOVEA_OK);
    assert_memory_equal(batch.vectors[0], expected, sizeof expected);
    assert_memory_equal(batch.vectors[2], expected, sizeof expected);
    assert_int_equal(others.n_good, n_others);
}

static void
a_full_fetcher_is_waited_out(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_stream *first = open_stream(8, false);
    struct fovea_stream *second = open_stream(8, true);
    put(first, &held, 0);
    put(first, &held, 1);
    put(first, &held, 2);
    assert_fails(fovea_stream_put(first, &held, 3, &error), &error,
            FOVEA_ERR_BUSY, "3 URLs");
    put(second, &held, 0);
    assert_fails(fovea_stream_put(second, &held, 1, &error), &error,
            FOVEA_ERR_BUSY, "4 URLs");
    server_let_go(server);
    check(take(second), 0, FOVEA_ERR_NOT_AN_IMAGE);
    check_state(second, FOVEA_STREAM_ALL_TAKEN);
    fovea_stream_close(second);
    fovea_stream_close(first);
}

static void
a_killed_worker_costs_no_item(void **state)
{
    (void)state;
    struct fovea_stream *stream = open_stream(3, true);
    tell_worker(SIGSTOP);
    for (uint64_t i = 0; i < 3; i++) {
        put(stream, &picture, i);
    }
    tell_worker(SIGKILL);
    for (uint64_t i = 0; i < 3; i++) {
        check(take(stream), i, FOVEA_OK);
    }
    fovea_stream_close(stream);
}

static void
closing_ends_what_is_under_way(void **state)
{
    (void)state;
    struct fovea_stream *stream = open_stream(4, false);
    struct fovea_stream *other = open_stream(1, false);
    tell_worker(SIGSTOP);
    put(stream, &picture, 0);
    put(stream, &picture, 1);
    put(stream, &held, 2);
    put(stream, &missing, 3); /* done, and never taken */
    put(other, &picture, 0);
    fovea_stream_close(stream);
    check_state(other, FOVEA_STREAM_NONE_YET);
    tell_worker(SIGCONT);
    check(take(other), 0, FOVEA_OK);
    fovea_stream_close(other);
}

static void
what_is_cancelled_comes_out_as_such(void **state)
{
    (void)state;
    struct fovea_stream *stream = open_stream(4, true);
    tell_worker(SIGSTOP);
    put(stream, &missing, 0);
    put(stream, &picture, 1);
    put(stream, &held, 2);
    put(stream, &picture, 3);
    fovea_stream_cancel(stream);
    check(take(stream), 0, FOVEA_ERR_FILE_NOT_FOUND);
    for (uint64_t i = 1; i < 4; i++) {
        check(take(stream), i, FOVEA_ERR_CANCELLED);
    }
    check_state(stream, FOVEA_STREAM_ALL_TAKEN);
    tell_worker(SIGCONT);
    put(stream, &picture, 4);
    check(take(stream), 4, FOVEA_OK);
    fovea_stream_close(stream);
}

static void
pixels_are_cancelled_too(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_stream *stream = NULL;
    struct fovea_stream_options options = FOVEA_STREAM_OPTIONS_INIT;
    options.work = FOVEA_STREAM_PREPROCESS;
    assert_ok(fovea_stream_open(golden.model, &options, &stream, &error),
            &error);
    put(stream, &held, 0);
    fovea_stream_cancel(stream);
    const struct fovea_stream_result *result = take(stream);
    assert_int_equal(result->error.code, FOVEA_ERR_CANCELLED);
    fovea_stream_close(stream);
}

static void
an_item_has_its_deadline_from_its_put(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_stream *stream = NULL;
    struct fovea_stream_options options = FOVEA_STREAM_OPTIONS_INIT;
    options.deadline_ns = FOVEA_NS_PER_MS;
    assert_ok(fovea_stream_open(golden.model, &options, &stream, &error),
            &error);
    tell_worker(SIGSTOP);
    put(stream, &picture, 5);
    put(stream, &picture, 6);
    const struct fovea_stream_result *result = take(stream);
    assert_int_equal(result->error.code, FOVEA_ERR_DEADLINE);
    result = take(stream);
    assert_int_equal(result->error.code, FOVEA_ERR_DEADLINE);
    tell_worker(SIGCONT);
    fovea_stream_close(stream);
}

static void
waiting_ends_when_it_should(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_stream *stream = open_stream(2, false);
    assert_ok(fovea_stream_wait(stream, FOVEA_NEVER, &error), &error);
    put(stream, &held, 0);
    assert_fails(fovea_stream_wait(stream, 0, &error), &error,
            FOVEA_ERR_DEADLINE, "timeout_ns");
    assert_fails(fovea_stream_wait(stream, FOVEA_NS_PER_MS, &error), &error,
            FOVEA_ERR_DEADLINE, "timeout_ns");
    assert_fails(fovea_stream_wait(stream, -1, &error), &error,
            FOVEA_ERR_ARGUMENT, "timeout_ns");
    server_let_go(server);
    assert_ok(fovea_stream_wait(stream, FOVEA_NEVER, &error), &error);
    assert_ok(fovea_stream_wait(stream, 0, &error), &error);
    check(look(stream), 0, FOVEA_ERR_NOT_AN_IMAGE);
    assert_ok(fovea_stream_wait(stream, FOVEA_NEVER, &error), &error);
    check_state(stream, FOVEA_STREAM_ALL_TAKEN);
    fovea_stream_close(stream);
}

/* The pixels and the raw vectors, of two streams that share everything. */
static void
streams_know_nothing_of_each_other(void **state)
{
    (void)state;
    enum {
        N = 20
    };
    struct fovea_error error;
    struct fovea_error result_error;
    struct fovea_stream *vectors = NULL;
    struct fovea_stream *pixels = NULL;
    struct fovea_stream_options options = FOVEA_STREAM_OPTIONS_INIT;
    const struct fovea_model_info *info = fovea_model_describe(golden.model);
    size_t size = (size_t)info->image_width_px * info->image_height_px * 3;
    FOVEA_AUTO_FREE uint8_t *wanted = malloc(size);
    assert_non_null(wanted);
    assert_ok(fovea_preprocess_batch(golden.model, &picture, 1, wanted,
                      &result_error, &error),
            &error);
    options.flags = FOVEA_EMBED_RAW;
    assert_ok(fovea_stream_open(golden.model, &options, &vectors, &error),
            &error);
    options.flags = 0;
    options.work = FOVEA_STREAM_PREPROCESS;
    assert_ok(fovea_stream_open(golden.model, &options, &pixels, &error),
            &error);
    for (uint64_t i = 0; i < N; i++) {
        put(vectors, &picture, i);
        put(pixels, &file, N + i);
        const struct fovea_stream_result *vector = take(vectors);
        const struct fovea_stream_result *image = take(pixels);
        assert_int_equal(vector->tag, i);
        assert_memory_equal(vector->embedding, expected_raw,
                sizeof expected_raw);
        assert_int_equal(image->tag, N + i);
        assert_int_equal(image->row_bytes, size);
        assert_memory_equal(image->pixels, wanted, size);
    }
    fovea_stream_close(vectors);
    fovea_stream_close(pixels);
}

struct putter {
    pthread_t thread;
    struct fovea_stream *stream;
    uint64_t first_tag;
    enum fovea_status status;
};

static void *
put_many(void *argument)
{
    struct putter *putter = argument;
    for (uint64_t i = 0; i < N_OF_PUTTER && !putter->status; i++) {
        do {
            putter->status = fovea_stream_put(putter->stream,
                    i % 5 ? &picture : &missing, putter->first_tag + i, NULL);
            if (putter->status) {
                (void)sched_yield();
            }
        } while (putter->status == FOVEA_ERR_BUSY);
    }
    return NULL;
}

static void
several_threads_put_while_one_takes(void **state)
{
    (void)state;
    struct putter putters[N_PUTTERS];
    bool seen[N_PUTTERS * N_OF_PUTTER] = { false };
    struct fovea_stream *stream = open_stream(5, false);
    for (size_t i = 0; i < N_PUTTERS; i++) {
        putters[i] = (struct putter){ .stream = stream,
            .first_tag = i * N_OF_PUTTER };
        assert_int_equal(
                pthread_create(&putters[i].thread, NULL, put_many, &putters[i]),
                0);
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(seen); i++) {
        wait_by_poll(stream);
        const struct fovea_stream_result *result = NULL;
        assert_int_equal(fovea_stream_take(stream, &result, NULL), FOVEA_OK);
        assert_in_range(result->tag, 0, FOVEA_ARRAY_LEN(seen) - 1);
        assert_false(seen[result->tag]);
        seen[result->tag] = true;
        check(result, result->tag,
                result->tag % N_OF_PUTTER % 5 ? FOVEA_OK
                                              : FOVEA_ERR_FILE_NOT_FOUND);
    }
    for (size_t i = 0; i < N_PUTTERS; i++) {
        assert_int_equal(pthread_join(putters[i].thread, NULL), 0);
        assert_int_equal(putters[i].status, FOVEA_OK);
    }
    check_state(stream, FOVEA_STREAM_ALL_TAKEN);
    fovea_stream_close(stream);
}

static void
a_stream_keeps_its_model(void **state)
{
    (void)state;
    struct fovea_stream *stream = open_stream(2, false);
    put(stream, &picture, 1);
    fovea_model_close(golden.model);
    golden.model = NULL;
    check(take(stream), 1, FOVEA_OK);
    put(stream, &picture, 2);
    check(take(stream), 2, FOVEA_OK);
    fovea_stream_close(stream);
}

/* The exit status of a child that finds everything as it should be. */
static int
be_a_child(struct fovea_stream *stream)
{
    struct fovea_error error;
    const struct fovea_stream_result *result = NULL;
    struct fovea_stream *other = NULL;
    bool is_good =
            fovea_stream_put(stream, &picture, 2, &error) == FOVEA_ERR_FORKED &&
            fovea_stream_take(stream, &result, &error) == FOVEA_ERR_FORKED &&
            fovea_stream_wait(stream, FOVEA_NEVER, &error) ==
                    FOVEA_ERR_FORKED &&
            fovea_stream_open(golden.model, NULL, &other, &error) ==
                    FOVEA_ERR_FORKED &&
            !result && !other;
    fovea_stream_cancel(stream);
    fovea_stream_close(stream);
    golden_close(&golden);
    return is_good ? 0 : 1;
}

static void
a_forked_child_is_refused(void **state)
{
    (void)state;
    struct fovea_stream *stream = open_stream(2, false);
    tell_worker(SIGSTOP);
    put(stream, &picture, 1);
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        _exit(be_a_child(stream));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    check_state(stream, FOVEA_STREAM_NONE_YET);
    tell_worker(SIGCONT);
    check(take(stream), 1, FOVEA_OK);
    fovea_stream_close(stream);
}

static void
wrong_arguments_are_refused(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_stream *stream = NULL;
    const struct fovea_stream_result *result = NULL;
    struct fovea_stream_options options = FOVEA_STREAM_OPTIONS_INIT;
    assert_fails(fovea_stream_open(NULL, NULL, &stream, &error), &error,
            FOVEA_ERR_ARGUMENT, "model is NULL");
    assert_fails(fovea_stream_open(golden.model, NULL, NULL, &error), &error,
            FOVEA_ERR_ARGUMENT, "stream_out is NULL");
    options.struct_size = 0;
    assert_fails(fovea_stream_open(golden.model, &options, &stream, &error),
            &error, FOVEA_ERR_ARGUMENT, "FOVEA_STREAM_OPTIONS_INIT");
    options.struct_size = sizeof options;
    options.work = (enum fovea_stream_work)2;
    assert_fails(fovea_stream_open(golden.model, &options, &stream, &error),
            &error, FOVEA_ERR_ARGUMENT, "work 2");
    options.work = FOVEA_STREAM_PREPROCESS;
    options.flags = FOVEA_EMBED_RAW;
    assert_fails(fovea_stream_open(golden.model, &options, &stream, &error),
            &error, FOVEA_ERR_ARGUMENT, "flags 0x1");
    options.flags = 0;
    options.window = FOVEA_MAX_QUEUE + 1;
    assert_fails(fovea_stream_open(golden.model, &options, &stream, &error),
            &error, FOVEA_ERR_ARGUMENT, "window is 65537");
    options.window = 1;
    options.deadline_ns = -1;
    assert_fails(fovea_stream_open(golden.model, &options, &stream, &error),
            &error, FOVEA_ERR_ARGUMENT, "deadline_ns");
    assert_null(stream);
    stream = open_stream(1, false);
    assert_fails(fovea_stream_put(stream, NULL, 0, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    assert_fails(fovea_stream_put(NULL, &picture, 0, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    assert_fails(fovea_stream_take(stream, NULL, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    assert_fails(fovea_stream_take(NULL, &result, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    fovea_stream_close(stream);
}

#define STREAM_TEST(name) \
    cmocka_unit_test_setup_teardown(name, open_model, close_model)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STREAM_TEST(an_item_comes_out_once),
        STREAM_TEST(the_window_bounds_what_is_not_taken),
        STREAM_TEST(whatever_comes_of_an_item_is_its_result),
        STREAM_TEST(order_is_kept_where_it_was_asked_for),
        STREAM_TEST(ten_thousand_go_through_a_window_of_four),
        STREAM_TEST(a_full_queue_is_waited_out),
        STREAM_TEST(a_batch_waits_out_a_queue_that_others_filled),
        STREAM_TEST(a_full_fetcher_is_waited_out),
        STREAM_TEST(a_killed_worker_costs_no_item),
        STREAM_TEST(closing_ends_what_is_under_way),
        STREAM_TEST(what_is_cancelled_comes_out_as_such),
        STREAM_TEST(pixels_are_cancelled_too),
        STREAM_TEST(an_item_has_its_deadline_from_its_put),
        STREAM_TEST(waiting_ends_when_it_should),
        STREAM_TEST(streams_know_nothing_of_each_other),
        STREAM_TEST(several_threads_put_while_one_takes),
        STREAM_TEST(a_stream_keeps_its_model),
        STREAM_TEST(a_forked_child_is_refused),
        STREAM_TEST(wrong_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
