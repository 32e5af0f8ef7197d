/*
 * Streams over a real worker: what comes out is what was put in, bounded, in
 * order where that was asked for, and the descriptor is readable exactly while
 * something can be taken.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "base/clock.h"
#include "base/macros.h"
#include "support/streams.h"

enum {
    N_LONG = 10000,
    N_PUTTERS = 4,
    N_OF_PUTTER = 50,
};

static void
an_item_comes_out_once(void **state)
{
    (void)state;
    struct fovea_stream *stream = stream_open(0, false);
    assert_int_equal(fovea_model_window(scene.golden.model), 2);
    stream_check_state(stream, FOVEA_STREAM_ALL_TAKEN);
    stream_put(stream, &scene.file, UINT64_MAX);
    stream_check(stream_take(stream), UINT64_MAX, FOVEA_OK);
    stream_check_state(stream, FOVEA_STREAM_ALL_TAKEN);
    stream_put(stream, &scene.picture, 7);
    stream_check(stream_take(stream), 7, FOVEA_OK);
    stream_check_state(stream, FOVEA_STREAM_ALL_TAKEN);
    fovea_stream_close(stream);
    fovea_stream_close(NULL);
}

static void
the_window_bounds_what_is_not_taken(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_stream *stream = stream_open(2, false);
    stream_tell_worker(SIGSTOP);
    stream_put(stream, &scene.picture, 0);
    stream_put(stream, &scene.picture, 1);
    assert_fails(fovea_stream_put(stream, &scene.picture, 2, &error), &error,
            FOVEA_ERR_BUSY, "2 items");
    stream_check_state(stream, FOVEA_STREAM_NONE_YET);
    stream_tell_worker(SIGCONT);
    /* A result that can be taken has its place still. */
    stream_wait_by_poll(stream);
    assert_fails(fovea_stream_put(stream, &scene.picture, 2, &error), &error,
            FOVEA_ERR_BUSY, "2 items");
    stream_check(stream_take(stream), 0, FOVEA_OK);
    stream_check(stream_take(stream), 1, FOVEA_OK);
    /* One that was taken has not, though it is looked at. */
    stream_put(stream, &scene.missing, 2);
    stream_put(stream, &scene.missing, 3);
    assert_fails(fovea_stream_put(stream, &scene.picture, 4, &error), &error,
            FOVEA_ERR_BUSY, "2 items");
    stream_check(stream_take(stream), 2, FOVEA_ERR_FILE_NOT_FOUND);
    stream_check(stream_take(stream), 3, FOVEA_ERR_FILE_NOT_FOUND);
    stream_check_state(stream, FOVEA_STREAM_ALL_TAKEN);
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
        { scene.missing, FOVEA_ERR_FILE_NOT_FOUND },
        { scene.picture, FOVEA_OK },
        { { .kind = FOVEA_ITEM_IMAGE_BASE64, .data = "no*base64", .size = 9 },
                FOVEA_ERR_BASE64 },
        { { .kind = FOVEA_ITEM_IMAGE_BYTES, .data = "hello", .size = 5 },
                FOVEA_ERR_NOT_AN_IMAGE },
        { { .kind = FOVEA_ITEM_IMAGE_URL, .data = "ftp://127.0.0.1/" },
                FOVEA_ERR_URL },
        { { .kind = (enum fovea_item_kind)99 }, FOVEA_ERR_ARGUMENT },
        { { .kind = FOVEA_ITEM_IMAGE_PATH,
                  .data = scene.path,
                  .reserved = { [3] = 1 } },
                FOVEA_ERR_ARGUMENT },
        { scene.file, FOVEA_OK },
    };
    struct fovea_stream *stream = stream_open(FOVEA_ARRAY_LEN(items), true);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(items); i++) {
        stream_put(stream, &items[i].item, i);
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(items); i++) {
        const struct fovea_stream_result *result = stream_take(stream);
        stream_check(result, i, items[i].status);
        assert_int_equal(result->error.message[0] != 0,
                items[i].status != FOVEA_OK);
    }
    stream_check_state(stream, FOVEA_STREAM_ALL_TAKEN);
    fovea_stream_close(stream);
}

/* The second item of an ordered stream is done before the first: by then so is
   the one that was put after it into another stream. */
static void
order_is_kept_where_it_was_asked_for(void **state)
{
    (void)state;
    struct fovea_stream *ordered = stream_open(2, true);
    struct fovea_stream *other = stream_open(3, false);
    stream_put(ordered, &scene.held, 0);
    stream_put(ordered, &scene.picture, 1);
    stream_put(other, &scene.held, 10);
    stream_put(other, &scene.picture, 11);
    stream_check(stream_take(other), 11, FOVEA_OK);
    stream_check_state(other, FOVEA_STREAM_NONE_YET);
    stream_check_state(ordered, FOVEA_STREAM_NONE_YET);
    server_let_go(scene.server);
    stream_check(stream_take(ordered), 0, FOVEA_ERR_NOT_AN_IMAGE);
    stream_check(stream_take(ordered), 1, FOVEA_OK);
    stream_check_state(ordered, FOVEA_STREAM_ALL_TAKEN);
    stream_check(stream_take(other), 10, FOVEA_ERR_NOT_AN_IMAGE);
    stream_check_state(other, FOVEA_STREAM_ALL_TAKEN);
    fovea_stream_close(ordered);
    fovea_stream_close(other);
}

static void
ten_thousand_go_through_a_window_of_four(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_stream *stream = stream_open(4, true);
    uint64_t n_taken = 0;
    for (uint64_t i = 0; i < N_LONG; i++) {
        const struct fovea_item *item = i % 4 ? &scene.missing : &scene.picture;
        while (fovea_stream_put(stream, item, i, &error)) {
            assert_int_equal(error.code, FOVEA_ERR_BUSY);
            stream_check(stream_take(stream), n_taken,
                    n_taken % 4 ? FOVEA_ERR_FILE_NOT_FOUND : FOVEA_OK);
            n_taken++;
        }
    }
    while (n_taken < N_LONG) {
        stream_check(stream_take(stream), n_taken,
                n_taken % 4 ? FOVEA_ERR_FILE_NOT_FOUND : FOVEA_OK);
        n_taken++;
    }
    stream_check_state(stream, FOVEA_STREAM_ALL_TAKEN);
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
    assert_ok(fovea_stream_open(scene.golden.model, &options, &stream, &error),
            &error);
    stream_tell_worker(SIGSTOP);
    stream_put(stream, &scene.picture, 5);
    stream_put(stream, &scene.picture, 6);
    const struct fovea_stream_result *result = stream_take(stream);
    assert_int_equal(result->error.code, FOVEA_ERR_DEADLINE);
    result = stream_take(stream);
    assert_int_equal(result->error.code, FOVEA_ERR_DEADLINE);
    stream_tell_worker(SIGCONT);
    fovea_stream_close(stream);
}

static void
waiting_ends_when_it_should(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_stream *stream = stream_open(2, false);
    assert_ok(fovea_stream_wait(stream, FOVEA_NEVER, &error), &error);
    stream_put(stream, &scene.held, 0);
    assert_fails(fovea_stream_wait(stream, 0, &error), &error,
            FOVEA_ERR_DEADLINE, "timeout_ns");
    assert_fails(fovea_stream_wait(stream, FOVEA_NS_PER_MS, &error), &error,
            FOVEA_ERR_DEADLINE, "timeout_ns");
    assert_fails(fovea_stream_wait(stream, -1, &error), &error,
            FOVEA_ERR_ARGUMENT, "timeout_ns");
    server_let_go(scene.server);
    assert_ok(fovea_stream_wait(stream, FOVEA_NEVER, &error), &error);
    assert_ok(fovea_stream_wait(stream, 0, &error), &error);
    stream_check(stream_look(stream), 0, FOVEA_ERR_NOT_AN_IMAGE);
    assert_ok(fovea_stream_wait(stream, FOVEA_NEVER, &error), &error);
    stream_check_state(stream, FOVEA_STREAM_ALL_TAKEN);
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
    const struct fovea_model_info *info =
            fovea_model_describe(scene.golden.model);
    size_t size = (size_t)info->image_width_px * info->image_height_px * 3;
    FOVEA_AUTO_FREE uint8_t *wanted = malloc(size);
    assert_non_null(wanted);
    assert_ok(fovea_preprocess_batch(scene.golden.model, &scene.picture, 1,
                      wanted, &result_error, &error),
            &error);
    options.flags = FOVEA_EMBED_RAW;
    assert_ok(fovea_stream_open(scene.golden.model, &options, &vectors, &error),
            &error);
    options.flags = 0;
    options.work = FOVEA_STREAM_PREPROCESS;
    assert_ok(fovea_stream_open(scene.golden.model, &options, &pixels, &error),
            &error);
    for (uint64_t i = 0; i < N; i++) {
        stream_put(vectors, &scene.picture, i);
        stream_put(pixels, &scene.file, N + i);
        const struct fovea_stream_result *vector = stream_take(vectors);
        const struct fovea_stream_result *image = stream_take(pixels);
        assert_int_equal(vector->tag, i);
        assert_memory_equal(vector->embedding, scene.expected_raw,
                sizeof scene.expected_raw);
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
                    i % 5 ? &scene.picture : &scene.missing,
                    putter->first_tag + i, NULL);
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
    struct fovea_stream *stream = stream_open(5, false);
    for (size_t i = 0; i < N_PUTTERS; i++) {
        putters[i] = (struct putter){ .stream = stream,
            .first_tag = i * N_OF_PUTTER };
        assert_int_equal(
                pthread_create(&putters[i].thread, NULL, put_many, &putters[i]),
                0);
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(seen); i++) {
        stream_wait_by_poll(stream);
        const struct fovea_stream_result *result = NULL;
        assert_int_equal(fovea_stream_take(stream, &result, NULL), FOVEA_OK);
        assert_in_range(result->tag, 0, FOVEA_ARRAY_LEN(seen) - 1);
        assert_false(seen[result->tag]);
        seen[result->tag] = true;
        stream_check(result, result->tag,
                result->tag % N_OF_PUTTER % 5 ? FOVEA_OK
                                              : FOVEA_ERR_FILE_NOT_FOUND);
    }
    for (size_t i = 0; i < N_PUTTERS; i++) {
        assert_int_equal(pthread_join(putters[i].thread, NULL), 0);
        assert_int_equal(putters[i].status, FOVEA_OK);
    }
    stream_check_state(stream, FOVEA_STREAM_ALL_TAKEN);
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
    assert_fails(fovea_stream_open(scene.golden.model, NULL, NULL, &error),
            &error, FOVEA_ERR_ARGUMENT, "stream_out is NULL");
    options.struct_size = 0;
    assert_fails(
            fovea_stream_open(scene.golden.model, &options, &stream, &error),
            &error, FOVEA_ERR_ARGUMENT, "FOVEA_STREAM_OPTIONS_INIT");
    options.struct_size = sizeof options;
    options.work = (enum fovea_stream_work)(FOVEA_STREAM_THUMBNAIL + 1);
    assert_fails(
            fovea_stream_open(scene.golden.model, &options, &stream, &error),
            &error, FOVEA_ERR_ARGUMENT, "work 3");
    options.work = FOVEA_STREAM_PREPROCESS;
    options.flags = FOVEA_EMBED_RAW;
    assert_fails(
            fovea_stream_open(scene.golden.model, &options, &stream, &error),
            &error, FOVEA_ERR_ARGUMENT, "flags 0x1");
    options.flags = 0;
    options.window = FOVEA_MAX_QUEUE + 1;
    assert_fails(
            fovea_stream_open(scene.golden.model, &options, &stream, &error),
            &error, FOVEA_ERR_ARGUMENT, "window is 65537");
    options.window = 1;
    options.deadline_ns = -1;
    assert_fails(
            fovea_stream_open(scene.golden.model, &options, &stream, &error),
            &error, FOVEA_ERR_ARGUMENT, "deadline_ns");
    assert_null(stream);
    stream = stream_open(1, false);
    assert_fails(fovea_stream_put(stream, NULL, 0, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    assert_fails(fovea_stream_put(NULL, &scene.picture, 0, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    assert_fails(fovea_stream_take(stream, NULL, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    assert_fails(fovea_stream_take(NULL, &result, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    fovea_stream_close(stream);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STREAM_TEST(an_item_comes_out_once),
        STREAM_TEST(the_window_bounds_what_is_not_taken),
        STREAM_TEST(whatever_comes_of_an_item_is_its_result),
        STREAM_TEST(order_is_kept_where_it_was_asked_for),
        STREAM_TEST(ten_thousand_go_through_a_window_of_four),
        STREAM_TEST(an_item_has_its_deadline_from_its_put),
        STREAM_TEST(waiting_ends_when_it_should),
        STREAM_TEST(streams_know_nothing_of_each_other),
        STREAM_TEST(several_threads_put_while_one_takes),
        STREAM_TEST(wrong_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, stream_set_up, NULL);
}
