/*
 * Streams that are not alone, and do not run to their end: a queue that others
 * filled, a worker that is killed, what is closed or cancelled under way, a model
 * that is closed, a fork.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/streams.h"

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
has_one_in_flight(void)
{
    struct fovea_error error;
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    assert_ok(fovea_pool_stats(scene.golden.library, &stats, &error), &error);
    bool has = stats.models[0].n_in_flight == 1;
    fovea_pool_stats_finish(&stats);
    return has;
}

static unsigned
submit_until_busy(struct others *others)
{
    struct fovea_error error;
    unsigned n = 0;
    while (fovea_submit(scene.golden.model, &scene.picture, NULL, other_done,
                   others, NULL, &error) == FOVEA_OK) {
        n++;
    }
    assert_int_equal(error.code, FOVEA_ERR_BUSY);
    return n;
}

static unsigned
fill_the_queue(struct others *others)
{
    unsigned n = submit_until_busy(others);
    while (!has_one_in_flight()) {
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
    struct fovea_stream *stream = stream_open(8, false);
    stream_tell_worker(SIGSTOP);
    unsigned n_others = fill_the_queue(&others);
    assert_int_equal(n_others, 4);
    stream_put(stream, &scene.picture,
            0); /* nothing of the stream's is under way */
    assert_fails(fovea_stream_put(stream, &scene.picture, 1, &error), &error,
            FOVEA_ERR_BUSY, "wait for");
    /* What needs no worker is not concerned. */
    stream_put(stream, &scene.missing, 2);
    stream_check(stream_take(stream), 2, FOVEA_ERR_FILE_NOT_FOUND);
    stream_check_state(stream, FOVEA_STREAM_NONE_YET);
    stream_tell_worker(SIGCONT);
    stream_check(stream_take(stream), 0, FOVEA_OK);
    stream_put(stream, &scene.picture, 1);
    stream_check(stream_take(stream), 1, FOVEA_OK);
    fovea_stream_close(stream);
    assert_int_equal(others.n_good, n_others); /* they came first */
}

struct batch {
    pthread_t thread;
    enum fovea_status status;
    struct fovea_error results[3];
    float vectors[3][STREAM_DIMENSION];
};

static void *
embed_batch(void *argument)
{
    struct batch *batch = argument;
    const struct fovea_item items[3] = { scene.picture, scene.missing,
        scene.picture };
    batch->status = fovea_embed_batch(scene.golden.model, items, 3, 0,
            batch->vectors[0], batch->results, NULL);
    return NULL;
}

/* One more than may wait: a batch that has nothing under way comes in. */
static bool
has_four_in_line(void)
{
    struct fovea_error error;
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    assert_ok(fovea_pool_stats(scene.golden.library, &stats, &error), &error);
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
    stream_tell_worker(SIGSTOP);
    unsigned n_others = fill_the_queue(&others);
    assert_int_equal(pthread_create(&batch.thread, NULL, embed_batch, &batch),
            0);
    while (!has_four_in_line()) {
        (void)sched_yield();
    }
    stream_tell_worker(SIGCONT);
    assert_int_equal(pthread_join(batch.thread, NULL), 0);
    assert_int_equal(batch.status, FOVEA_OK);
    assert_int_equal(batch.results[0].code, FOVEA_OK);
    assert_int_equal(batch.results[1].code, FOVEA_ERR_FILE_NOT_FOUND);
    assert_int_equal(batch.results[2].code, FOVEA_OK);
    assert_memory_equal(batch.vectors[0], scene.expected,
            sizeof scene.expected);
    assert_memory_equal(batch.vectors[2], scene.expected,
            sizeof scene.expected);
    assert_int_equal(others.n_good, n_others);
}

static void
a_full_fetcher_is_waited_out(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_stream *first = stream_open(8, false);
    struct fovea_stream *second = stream_open(8, true);
    stream_put(first, &scene.held, 0);
    stream_put(first, &scene.held, 1);
    stream_put(first, &scene.held, 2);
    assert_fails(fovea_stream_put(first, &scene.held, 3, &error), &error,
            FOVEA_ERR_BUSY, "3 URLs");
    stream_put(second, &scene.held, 0);
    assert_fails(fovea_stream_put(second, &scene.held, 1, &error), &error,
            FOVEA_ERR_BUSY, "4 URLs");
    server_let_go(scene.server);
    stream_check(stream_take(second), 0, FOVEA_ERR_NOT_AN_IMAGE);
    stream_check_state(second, FOVEA_STREAM_ALL_TAKEN);
    fovea_stream_close(second);
    fovea_stream_close(first);
}

static void
a_killed_worker_costs_no_item(void **state)
{
    (void)state;
    struct fovea_stream *stream = stream_open(3, true);
    stream_tell_worker(SIGSTOP);
    for (uint64_t i = 0; i < 3; i++) {
        stream_put(stream, &scene.picture, i);
    }
    stream_tell_worker(SIGKILL);
    for (uint64_t i = 0; i < 3; i++) {
        stream_check(stream_take(stream), i, FOVEA_OK);
    }
    fovea_stream_close(stream);
}

static void
closing_ends_what_is_under_way(void **state)
{
    (void)state;
    struct fovea_stream *stream = stream_open(4, false);
    struct fovea_stream *other = stream_open(1, false);
    stream_tell_worker(SIGSTOP);
    stream_put(stream, &scene.picture, 0);
    stream_put(stream, &scene.picture, 1);
    stream_put(stream, &scene.held, 2);
    stream_put(stream, &scene.missing, 3); /* done, and never taken */
    stream_put(other, &scene.picture, 0);
    fovea_stream_close(stream);
    stream_check_state(other, FOVEA_STREAM_NONE_YET);
    stream_tell_worker(SIGCONT);
    stream_check(stream_take(other), 0, FOVEA_OK);
    fovea_stream_close(other);
}

static void
what_is_cancelled_comes_out_as_such(void **state)
{
    (void)state;
    struct fovea_stream *stream = stream_open(4, true);
    stream_tell_worker(SIGSTOP);
    stream_put(stream, &scene.missing, 0);
    stream_put(stream, &scene.picture, 1);
    stream_put(stream, &scene.held, 2);
    stream_put(stream, &scene.picture, 3);
    fovea_stream_cancel(stream);
    stream_check(stream_take(stream), 0, FOVEA_ERR_FILE_NOT_FOUND);
    for (uint64_t i = 1; i < 4; i++) {
        stream_check(stream_take(stream), i, FOVEA_ERR_CANCELLED);
    }
    stream_check_state(stream, FOVEA_STREAM_ALL_TAKEN);
    stream_tell_worker(SIGCONT);
    stream_put(stream, &scene.picture, 4);
    stream_check(stream_take(stream), 4, FOVEA_OK);
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
    assert_ok(fovea_stream_open(scene.golden.model, &options, &stream, &error),
            &error);
    stream_put(stream, &scene.held, 0);
    fovea_stream_cancel(stream);
    const struct fovea_stream_result *result = stream_take(stream);
    assert_int_equal(result->error.code, FOVEA_ERR_CANCELLED);
    fovea_stream_close(stream);
}

static void
a_stream_keeps_its_model(void **state)
{
    (void)state;
    struct fovea_stream *stream = stream_open(2, false);
    stream_put(stream, &scene.picture, 1);
    fovea_model_close(scene.golden.model);
    scene.golden.model = NULL;
    stream_check(stream_take(stream), 1, FOVEA_OK);
    stream_put(stream, &scene.picture, 2);
    stream_check(stream_take(stream), 2, FOVEA_OK);
    fovea_stream_close(stream);
}

/* The exit status of a child that finds everything as it should be. */
static int
be_a_child(struct fovea_stream *stream)
{
    struct fovea_error error;
    const struct fovea_stream_result *result = NULL;
    struct fovea_stream *other = NULL;
    bool is_good = fovea_stream_put(stream, &scene.picture, 2, &error) ==
                    FOVEA_ERR_FORKED &&
            fovea_stream_take(stream, &result, &error) == FOVEA_ERR_FORKED &&
            fovea_stream_wait(stream, FOVEA_NEVER, &error) ==
                    FOVEA_ERR_FORKED &&
            fovea_stream_open(scene.golden.model, NULL, &other, &error) ==
                    FOVEA_ERR_FORKED &&
            !result && !other;
    fovea_stream_cancel(stream);
    fovea_stream_close(stream);
    golden_close(&scene.golden);
    return is_good ? 0 : 1;
}

static void
a_forked_child_is_refused(void **state)
{
    (void)state;
    struct fovea_stream *stream = stream_open(2, false);
    stream_tell_worker(SIGSTOP);
    stream_put(stream, &scene.picture, 1);
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        _exit(be_a_child(stream));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    stream_check_state(stream, FOVEA_STREAM_NONE_YET);
    stream_tell_worker(SIGCONT);
    stream_check(stream_take(stream), 1, FOVEA_OK);
    fovea_stream_close(stream);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STREAM_TEST(a_full_queue_is_waited_out),
        STREAM_TEST(a_batch_waits_out_a_queue_that_others_filled),
        STREAM_TEST(a_full_fetcher_is_waited_out),
        STREAM_TEST(a_killed_worker_costs_no_item),
        STREAM_TEST(closing_ends_what_is_under_way),
        STREAM_TEST(what_is_cancelled_comes_out_as_such),
        STREAM_TEST(pixels_are_cancelled_too),
        STREAM_TEST(a_stream_keeps_its_model),
        STREAM_TEST(a_forked_child_is_refused),
    };
    return cmocka_run_group_tests(tests, stream_set_up, NULL);
}
