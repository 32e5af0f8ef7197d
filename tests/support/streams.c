/* See streams.h. */
#include "support/streams.h"

#include <poll.h>
#include <signal.h>

struct stream_scene scene = {
    .missing = { .kind = FOVEA_ITEM_IMAGE_PATH, .data = "/nowhere/cat.jpg" },
};

/* One worker, one image at a time, and room for three more. */
int
stream_open_model(void **state)
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
    assert_ok(fovea_open(&options, &scene.golden.library, &error), &error);
    assert_ok(fovea_model_open(scene.golden.library, directory,
                      &scene.golden.model, &error),
            &error);
    assert_ok(fovea_embed_image(scene.golden.model, scene.path, 0,
                      scene.expected, &error),
            &error);
    assert_ok(fovea_embed_image(scene.golden.model, scene.path, FOVEA_EMBED_RAW,
                      scene.expected_raw, &error),
            &error);
    scene.server = server_start();
    (void)snprintf(scene.held_url, sizeof scene.held_url,
            "http://127.0.0.1:%u/held/9", server_port(scene.server));
    return 0;
}

int
stream_close_model(void **state)
{
    (void)state;
    golden_close(&scene.golden);
    server_stop(scene.server);
    return 0;
}

int
stream_set_up(void **state)
{
    (void)state;
    golden_path("samples/formats/rgb.png", scene.path);
    FILE *opened = fopen(scene.path, "rb");
    assert_non_null(opened);
    size_t size = fread(scene.bytes, 1, sizeof scene.bytes, opened);
    (void)fclose(opened);
    scene.file = (struct fovea_item){ .kind = FOVEA_ITEM_IMAGE_PATH,
        .data = scene.path };
    scene.picture = (struct fovea_item){ .kind = FOVEA_ITEM_IMAGE_BYTES,
        .data = scene.bytes,
        .size = size };
    scene.held = (struct fovea_item){ .kind = FOVEA_ITEM_IMAGE_URL,
        .data = scene.held_url };
    return 0;
}

/* Stop the worker, or let it go on: what is put meanwhile stays under way. */
void
stream_tell_worker(int number)
{
    struct fovea_error error;
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    assert_ok(fovea_pool_stats(scene.golden.library, &stats, &error), &error);
    assert_int_equal(stats.n_workers, 1);
    assert_int_equal(kill((pid_t)stats.workers[0].pid, number), 0);
    fovea_pool_stats_finish(&stats);
}

struct fovea_stream *
stream_open(size_t window, bool ordered)
{
    struct fovea_error error;
    struct fovea_stream *stream = NULL;
    struct fovea_stream_options options = FOVEA_STREAM_OPTIONS_INIT;
    options.window = window;
    options.ordered = ordered;
    assert_ok(fovea_stream_open(scene.golden.model, &options, &stream, &error),
            &error);
    return stream;
}

void
stream_put(struct fovea_stream *stream, const struct fovea_item *item,
        uint64_t tag)
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
const struct fovea_stream_result *
stream_look(struct fovea_stream *stream)
{
    struct fovea_error error;
    const struct fovea_stream_result *result = NULL;
    bool was_readable = is_readable(stream);
    assert_ok(fovea_stream_take(stream, &result, &error), &error);
    assert_int_equal(was_readable, result->state == FOVEA_STREAM_RESULT);
    return result;
}

void
stream_wait_by_poll(const struct fovea_stream *stream)
{
    struct pollfd watched = { .fd = fovea_stream_fd(stream), .events = POLLIN };
    assert_int_equal(poll(&watched, 1, -1), 1);
}

const struct fovea_stream_result *
stream_take(struct fovea_stream *stream)
{
    stream_wait_by_poll(stream);
    const struct fovea_stream_result *result = stream_look(stream);
    assert_int_equal(result->state, FOVEA_STREAM_RESULT);
    return result;
}

void
stream_check(const struct fovea_stream_result *result, uint64_t tag,
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
        assert_int_equal(result->row_bytes, sizeof scene.expected);
        assert_memory_equal(result->embedding, scene.expected,
                sizeof scene.expected);
        assert_true(result->timings->total_ns > 0);
    }
}

void
stream_check_state(struct fovea_stream *stream, enum fovea_stream_state state)
{
    const struct fovea_stream_result *result = stream_look(stream);
    assert_int_equal(result->state, state);
    assert_null(result->embedding);
    assert_int_equal(result->error.code, FOVEA_OK);
}
