/*
 * 64 threads call all the ways in at once, with real workers, for
 * FOVEA_STRESS_SECONDS (2): every call gives the right vector, or says that the
 * queue is full.
 */
#include <pthread.h>

#include "base/clock.h"
#include "support/golden.h"
#include "support/server.h"
#include "support/test.h"

enum {
    N_THREADS = 64,
    DIMENSION = 20, /* of the model "quick" */
    MAX_BYTES = 1 << 20,
    N_BATCH = 3,
};

static struct fovea_model *model;
static char path[GOLDEN_PATH_SIZE];
static char url[128];
static uint8_t bytes[MAX_BYTES];
static size_t size;
static float expected[DIMENSION];
static int64_t until_ns;

struct caller {
    pthread_t thread;
    unsigned number;
    unsigned n_good;
    enum fovea_status status; /* of the first failure that may not be */
    char message[FOVEA_ERROR_MESSAGE_SIZE];
};

/* "data:image/jpeg;base64,AAAA" would be another picture: the bytes of a BMP of
   one pixel, whose text is short enough to stand here. */
static const char small_base64[] =
        "Qk06AAAAAAAAADYAAAAoAAAAAQAAAAEAAAABABgAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAA"
        "/wAAAA==";

static void
note(struct caller *caller, enum fovea_status status, const char *message,
        const float *vector)
{
    if (status == FOVEA_ERR_BUSY) {
        return;
    }
    /* All bits. NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
    bool differs = vector && memcmp(vector, expected, sizeof expected) != 0;
    bool is_wrong = !status && differs;
    if ((status || is_wrong) && !caller->status) {
        caller->status = status ? status : FOVEA_ERR_INTERNAL;
        (void)snprintf(caller->message, sizeof caller->message, "%s",
                status ? message : "a wrong vector");
    }
    caller->n_good += !status && !is_wrong;
}

/* Of a batch or a stream: those wait until there is room. */
static void
note_result(struct caller *caller, const struct fovea_error *result,
        const float *vector)
{
    if (result->code == FOVEA_ERR_BUSY) {
        caller->status = FOVEA_ERR_BUSY;
        (void)snprintf(caller->message, sizeof caller->message, "%s",
                result->message);
    }
    note(caller, result->code, result->message, vector);
}

static struct fovea_item images[N_BATCH] = {
    { .kind = FOVEA_ITEM_IMAGE_BYTES, .data = bytes },
    { .kind = FOVEA_ITEM_IMAGE_URL, .data = url },
    { .kind = FOVEA_ITEM_IMAGE_PATH, .data = path },
};

static void
call_batch(struct caller *caller)
{
    struct fovea_error error;
    struct fovea_error results[N_BATCH];
    float vectors[N_BATCH][DIMENSION];
    enum fovea_status status = fovea_embed_batch(model, images, N_BATCH, 0,
            vectors[0], results, &error);
    if (status) {
        note(caller, status, error.message, NULL);
        return;
    }
    for (size_t i = 0; i < N_BATCH; i++) {
        note_result(caller, &results[i], vectors[i]);
    }
}

/* Take results until one more item can be put, or, at the end, all. */
static void
take(struct caller *caller, struct fovea_stream *stream, bool is_end)
{
    const struct fovea_stream_result *result = NULL;
    do {
        if (fovea_stream_wait(stream, FOVEA_NEVER, NULL) ||
                fovea_stream_take(stream, &result, NULL)) {
            note(caller, FOVEA_ERR_INTERNAL, "a stream that fails", NULL);
            return;
        }
        if (result->state == FOVEA_STREAM_RESULT) {
            note_result(caller, &result->error, result->embedding);
        }
    } while (is_end && result->state != FOVEA_STREAM_ALL_TAKEN);
}

static void
call_stream(struct caller *caller)
{
    struct fovea_error error;
    struct fovea_stream *stream = NULL;
    enum fovea_status status = fovea_stream_open(model, NULL, &stream, &error);
    for (uint64_t i = 0; i < N_BATCH && !status; i++) {
        while ((status = fovea_stream_put(stream, &images[i], i, &error)) ==
                FOVEA_ERR_BUSY) {
            take(caller, stream, false);
        }
    }
    if (status) {
        note(caller, status, error.message, NULL);
    } else if (caller->number % 4) { /* others close it with all under way */
        take(caller, stream, true);
    }
    fovea_stream_close(stream);
}

static void *
call(void *argument)
{
    struct caller *caller = argument;
    struct fovea_error error;
    float vector[DIMENSION];
    for (unsigned turn = caller->number;
            !caller->status && fovea_clock_ns() < until_ns; turn++) {
        enum fovea_status status = FOVEA_OK;
        switch (turn % 5) {
        case 0:
            status = fovea_embed_image(model, path, 0, vector, &error);
            note(caller, status, error.message, vector);
            break;
        case 1:
            status = fovea_embed_image_url(model, url, 0, vector, &error);
            note(caller, status, error.message, vector);
            break;
        case 2:
            status = fovea_embed_image_base64(model, small_base64,
                    sizeof small_base64 - 1, 0, vector, &error);
            note(caller, status, error.message, NULL);
            break;
        case 3:
            call_batch(caller);
            break;
        default:
            call_stream(caller);
            break;
        }
    }
    return NULL;
}

static void
all_ways_at_once(void **state)
{
    (void)state;
    struct fovea_error error;
    static struct caller callers[N_THREADS];
    const char *seconds = getenv("FOVEA_STRESS_SECONDS");
    assert_ok(fovea_embed_image(model, path, 0, expected, &error), &error);
    until_ns = fovea_clock_ns() +
            (seconds ? strtol(seconds, NULL, 10) : 2) * FOVEA_NS_PER_S;
    for (unsigned i = 0; i < N_THREADS; i++) {
        callers[i].number = i;
        assert_int_equal(
                pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
    }
    unsigned n_good = 0;
    for (unsigned i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
        n_good += callers[i].n_good;
    }
    for (unsigned i = 0; i < N_THREADS; i++) {
        if (callers[i].status) {
            fail_msg("%s: %s", fovea_status_name(callers[i].status),
                    callers[i].message);
        }
    }
    assert_true(n_good >= N_THREADS);
    print_message("# %u images\n", n_good);
}

int
main(void)
{
    struct fovea *library = NULL;
    struct fovea_error error;
    char directory[GOLDEN_PATH_SIZE];
    golden_path("tests/golden/models/quick", directory);
    golden_path("samples/formats/baseline.jpg", path);
    FILE *file = fopen(path, "rb");
    size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    images[0].size = size;
    struct server *server = server_start();
    const struct fovea_options options = {
        .struct_size = sizeof options,
        .dtype = FOVEA_DTYPE_F32,
        .max_queue = 40, /* fewer than the threads: some will be refused */
        .url = { .allow_private = true },
    };
    if (!file || fclose(file) || fovea_open(&options, &library, &error) ||
            fovea_model_open(library, directory, &model, &error)) {
        (void)fprintf(stderr, "# cannot begin\n");
        return 1;
    }
    server_serve(server, bytes, size);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/file",
            server_port(server));
    const struct CMUnitTest tests[] = { cmocka_unit_test(all_ways_at_once) };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fovea_model_close(model);
    fovea_close(library);
    server_stop(server);
    return failed;
}
