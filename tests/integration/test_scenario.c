/*
 * What a program that uses the library lives through: the first image starts
 * the workers, everything after it finds them there, and all vectors have the
 * bits that the model's code gives in this process.
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "checkpoint/config.h"
#include "checkpoint/preprocessor.h"
#include "checkpoint/safetensors.h"
#include "engine/engine.h"
#include "image/preprocess.h"
#include "option/limits.h"
#include "support/golden.h"
#include "support/server.h"
#include "support/test.h"
#include "sys/input.h"

enum {
    DIMENSION = 20, /* of the model "quick" */
    N_BATCH = 12,
    N_CANCELLED = 40,
    MAX_BYTES = 1 << 20,
    WAIT_S = 300,
};

static const char picture[] = "samples/formats/baseline.jpg";

static struct server *server;
static char path[GOLDEN_PATH_SIZE];
static uint8_t bytes[MAX_BYTES];
static size_t size;
static char base64[MAX_BYTES * 2];
static size_t base64_size;
static char url[128];
static float expected[DIMENSION]; /* raw, of the picture */

/* Events by kind, guarded by a mutex as they come from the pool's thread. */
struct seen {
    pthread_mutex_t mutex;
    unsigned n[FOVEA_EVENT_CACHE + 1];
};

static void
on_event(void *context, const struct fovea_event *event)
{
    struct seen *seen = context;
    (void)pthread_mutex_lock(&seen->mutex);
    seen->n[event->kind]++;
    (void)pthread_mutex_unlock(&seen->mutex);
}

static unsigned
count_seen(struct seen *seen, enum fovea_event_kind kind)
{
    (void)pthread_mutex_lock(&seen->mutex);
    unsigned n = seen->n[kind];
    (void)pthread_mutex_unlock(&seen->mutex);
    return n;
}

static void
encode_base64(void)
{
    static const char alphabet[] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t group = 0;
    unsigned n_bits = 0;
    for (size_t i = 0; i < size; i++) {
        group = group << 8 | bytes[i];
        for (n_bits += 8; n_bits >= 6; n_bits -= 6) {
            base64[base64_size++] = alphabet[group >> (n_bits - 6) & 63];
        }
    }
    if (n_bits > 0) {
        base64[base64_size++] = alphabet[group << (6 - n_bits) & 63];
    }
}

/* The picture's vector by the model's own code, in this process. */
static void
embed_directly(void)
{
    struct fovea_error error;
    struct fovea_tower config;
    struct fovea_preprocess settings;
    struct fovea_checkpoint *checkpoint = NULL;
    const struct fovea_engine_ops *ops = fovea_engine_default();
    struct fovea_engine *engine = NULL;
    struct fovea_input input = FOVEA_INPUT_INIT;
    const struct fovea_limits no_wishes = { 0 };
    struct fovea_limits limits = fovea_limits_resolve(&no_wishes);
    char directory[GOLDEN_PATH_SIZE];
    golden_path("tests/golden/models/quick", directory);
    assert_ok(
            fovea_tower_read(directory, FOVEA_MODALITY_IMAGE, &config, &error),
            &error);
    assert_ok(
            fovea_preprocess_config_read(directory, &config, &settings, &error),
            &error);
    assert_ok(fovea_checkpoint_open(directory, &checkpoint, &error), &error);
    const struct fovea_engine_options options = {
        .tower = &config,
        .pixels = &settings,
        .dtype = FOVEA_DTYPE_F32,
        .packed_fd = -1,
        .checkpoint = checkpoint,
    };
    assert_ok(ops->open(&options, &engine, &error), &error);
    assert_ok(ops->prepare(engine, 1, 1, &error), &error);
    uint8_t *pixels = malloc(
            (size_t)3 * settings.crop_width_px * settings.crop_height_px);
    assert_non_null(pixels);
    assert_ok(fovea_input_open_file(path, &input, &error), &error);
    assert_ok(fovea_preprocess_image(&settings, &limits, NULL, &input, pixels,
                      NULL, &error),
            &error);
    assert_ok(ops->run(engine, 0, pixels, 1, expected, &error), &error);
    fovea_input_finish(&input);
    free(pixels);
    ops->close(engine);
    fovea_checkpoint_close(checkpoint);
}

static int
set_up(void **state)
{
    (void)state;
    golden_path(picture, path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    encode_base64();
    embed_directly();
    server = server_start();
    server_serve(server, bytes, size);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/file",
            server_port(server));
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    server_stop(server);
    return 0;
}

static struct golden_model
open_model(struct fovea_options options)
{
    struct golden_model golden = { 0 };
    struct fovea_error error;
    char directory[GOLDEN_PATH_SIZE];
    golden_path("tests/golden/models/quick", directory);
    options.struct_size = sizeof options;
    options.dtype = FOVEA_DTYPE_F32;
    options.url.allow_private = true;
    assert_ok(fovea_open(&options, &golden.library, &error), &error);
    assert_ok(
            fovea_model_open(golden.library, directory, &golden.model, &error),
            &error);
    golden.dimension = fovea_embedding_dimension(golden.model);
    return golden;
}

static void
check_vector(const float *vector)
{
    assert_memory_equal(vector, expected, sizeof expected);
}

static void
check_singles(struct fovea_model *model)
{
    struct fovea_error error;
    float vector[DIMENSION];
    const unsigned raw = FOVEA_EMBED_RAW;
    assert_ok(fovea_embed_image_url(model, url, raw, vector, &error), &error);
    check_vector(vector);
    assert_ok(fovea_embed_image_base64(model, base64, base64_size, raw, vector,
                      &error),
            &error);
    check_vector(vector);
    assert_ok(fovea_embed_image_bytes(model, bytes, size, raw, vector, &error),
            &error);
    check_vector(vector);
}

static void
check_batch(struct fovea_model *model)
{
    struct fovea_error error;
    struct fovea_error results[N_BATCH];
    struct fovea_item images[N_BATCH];
    float vectors[N_BATCH][DIMENSION];
    const struct fovea_item kinds[] = {
        { .kind = FOVEA_ITEM_IMAGE_PATH, .data = path },
        { .kind = FOVEA_ITEM_IMAGE_URL, .data = url },
        { .kind = FOVEA_ITEM_IMAGE_BASE64,
                .data = base64,
                .size = base64_size },
        { .kind = FOVEA_ITEM_IMAGE_BYTES, .data = bytes, .size = size },
    };
    for (size_t i = 0; i < N_BATCH; i++) {
        images[i] = kinds[i % FOVEA_ARRAY_LEN(kinds)];
    }
    assert_ok(fovea_embed_batch(model, images, N_BATCH, FOVEA_EMBED_RAW,
                      vectors[0], results, &error),
            &error);
    for (size_t i = 0; i < N_BATCH; i++) {
        assert_ok(results[i].code, &results[i]);
        check_vector(vectors[i]);
    }
}

static void
the_first_image_starts_two_workers_and_the_rest_finds_them(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    float vector[DIMENSION];
    struct seen seen = { .mutex = PTHREAD_MUTEX_INITIALIZER };
    struct golden_model golden = open_model((struct fovea_options){
            .max_workers = 2,
            .on_event = on_event,
            .event_context = &seen,
    });
    assert_int_equal(golden.dimension, DIMENSION);
    assert_false(fovea_pool_has_workers(golden.model));
    assert_int_equal(fovea_pool_total_memory_mb(golden.library), 0);
    assert_int_equal(count_seen(&seen, FOVEA_EVENT_WORKER_STARTED), 0);

    assert_ok(fovea_embed_image(golden.model, path, FOVEA_EMBED_RAW, vector,
                      &error),
            &error);
    check_vector(vector);
    assert_true(fovea_pool_has_workers(golden.model));
    assert_true(fovea_pool_total_memory_mb(golden.library) > 0);
    check_singles(golden.model);
    check_batch(golden.model);
    assert_int_equal(count_seen(&seen, FOVEA_EVENT_COLD_START), 1);
    assert_int_equal(count_seen(&seen, FOVEA_EVENT_WORKER_STARTED), 2);
    assert_int_equal(count_seen(&seen, FOVEA_EVENT_WORKER_STOPPED), 0);

    assert_ok(fovea_pool_stats(golden.library, &stats, &error), &error);
    assert_int_equal(stats.n_models, 1);
    assert_int_equal(stats.n_workers, 2);
    assert_int_equal(stats.models[0].n_embedded, 4 + N_BATCH);
    assert_int_equal(stats.models[0].n_failed, 0);
    assert_int_equal(stats.models[0].n_cold_starts, 1);
    assert_int_equal(stats.models[0].total_ns.count, 4 + N_BATCH);
    assert_int_equal(stats.fetch_ns.count, 1 + N_BATCH / 4);
    assert_true(stats.memory_reserved_bytes > 0);
    fovea_pool_stats_finish(&stats);
    golden_close(&golden);
    assert_int_equal(count_seen(&seen, FOVEA_EVENT_WORKER_STOPPED), 2);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
}

static void
a_forked_child_is_refused(void **state)
{
    (void)state;
    struct fovea_error error;
    float vector[DIMENSION];
    struct golden_model golden = open_model((struct fovea_options){ 0 });
    assert_ok(fovea_embed_image(golden.model, path, 0, vector, &error), &error);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
        const struct fovea_item image = { .kind = FOVEA_ITEM_IMAGE_URL,
            .data = url };
        struct fovea_error result;
        bool refused = fovea_embed_image(golden.model, path, 0, vector, NULL) ==
                        FOVEA_ERR_FORKED &&
                fovea_embed_batch(golden.model, &image, 1, 0, vector, &result,
                        NULL) == FOVEA_ERR_FORKED &&
                fovea_pool_stats(golden.library, &stats, NULL) ==
                        FOVEA_ERR_FORKED &&
                fovea_pool_spawn_worker(golden.model, NULL) ==
                        FOVEA_ERR_FORKED &&
                !fovea_pool_has_workers(golden.model);
        golden_close(&golden);
        _exit(refused ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    /* The parent's workers are none the worse for it. */
    assert_ok(fovea_embed_image(golden.model, path, 0, vector, &error), &error);
    golden_close(&golden);
}

/* Somebody who waits for callbacks. */
struct answers {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned n;
    unsigned by_status[FOVEA_ERR_INTERNAL + 1];
    pthread_t submitter;
    bool called_back_by_submitter;
};

static void
answered(void *context, const struct fovea_error *result,
        const float *embedding, const struct fovea_timings *timings)
{
    struct answers *answers = context;
    (void)timings;
    (void)pthread_mutex_lock(&answers->mutex);
    answers->n++;
    answers->by_status[result->code]++;
    if (pthread_equal(pthread_self(), answers->submitter) ||
            (result->code == FOVEA_OK) != (embedding != NULL)) {
        answers->called_back_by_submitter = true;
    }
    (void)pthread_cond_signal(&answers->changed);
    (void)pthread_mutex_unlock(&answers->mutex);
}

static void
wait_for(struct answers *answers, unsigned n)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    (void)pthread_mutex_lock(&answers->mutex);
    while (answers->n < n &&
            pthread_cond_timedwait(&answers->changed, &answers->mutex,
                    &until) == 0) {
    }
    assert_int_equal(answers->n, n);
    assert_false(answers->called_back_by_submitter);
    (void)pthread_mutex_unlock(&answers->mutex);
}

static struct answers
no_answers(void)
{
    return (struct answers){
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
        .submitter = pthread_self(),
    };
}

static void
cancelled_images_are_answered_once(void **state)
{
    (void)state;
    struct fovea_error error;
    struct answers answers = no_answers();
    char silent[128];
    (void)snprintf(silent, sizeof silent, "http://127.0.0.1:%u/silent",
            server_port(server));
    const struct fovea_item images[] = {
        { .kind = FOVEA_ITEM_IMAGE_URL, .data = silent },
        { .kind = FOVEA_ITEM_IMAGE_URL, .data = url },
        { .kind = FOVEA_ITEM_IMAGE_PATH, .data = path },
    };
    struct golden_model golden = open_model((struct fovea_options){ 0 });
    for (size_t i = 0; i < N_CANCELLED; i++) {
        uint64_t ticket = 0;
        assert_ok(fovea_submit(golden.model, &images[i % 3], NULL, answered,
                          &answers, &ticket, &error),
                &error);
        assert_int_not_equal(ticket, 0);
        fovea_cancel(golden.model, ticket);
    }
    wait_for(&answers, N_CANCELLED);
    /* What never answers can end in one way only; others may have been done. */
    assert_true(answers.by_status[FOVEA_ERR_CANCELLED] >= N_CANCELLED / 3);
    assert_int_equal(answers.by_status[FOVEA_ERR_CANCELLED] +
                    answers.by_status[FOVEA_OK],
            N_CANCELLED);
    fovea_cancel(golden.model, UINT64_MAX);
    golden_close(&golden);
}

static void
a_deadline_ends_what_never_comes(void **state)
{
    (void)state;
    struct fovea_error error;
    struct answers answers = no_answers();
    char silent[128];
    (void)snprintf(silent, sizeof silent, "http://127.0.0.1:%u/silent",
            server_port(server));
    const struct fovea_item image = { .kind = FOVEA_ITEM_IMAGE_URL,
        .data = silent };
    const struct fovea_submit_options options = {
        .struct_size = sizeof options,
        .deadline_ns = 50 * FOVEA_NS_PER_MS,
    };
    const struct fovea_submit_options negative = {
        .struct_size = sizeof negative,
        .deadline_ns = -1,
    };
    const struct fovea_submit_options sizeless = { .deadline_ns = 1 };
    struct golden_model golden = open_model((struct fovea_options){ 0 });
    assert_fails(fovea_submit(golden.model, &image, &negative, answered,
                         &answers, NULL, &error),
            &error, FOVEA_ERR_ARGUMENT, "deadline");
    assert_fails(fovea_submit(golden.model, &image, &sizeless, answered,
                         &answers, NULL, &error),
            &error, FOVEA_ERR_ARGUMENT, "FOVEA_SUBMIT_OPTIONS_INIT");
    assert_ok(fovea_submit(golden.model, &image, &options, answered, &answers,
                      NULL, &error),
            &error);
    wait_for(&answers, 1);
    assert_int_equal(answers.by_status[FOVEA_ERR_DEADLINE], 1);
    golden_close(&golden);
}

/* Models and the library may be closed while a URL is on its way. */
static void
closing_answers_what_is_under_way(void **state)
{
    (void)state;
    struct fovea_error error;
    struct answers answers = no_answers();
    char silent[128];
    (void)snprintf(silent, sizeof silent, "http://127.0.0.1:%u/silent",
            server_port(server));
    const struct fovea_item image = { .kind = FOVEA_ITEM_IMAGE_URL,
        .data = silent };
    struct golden_model golden =
            open_model((struct fovea_options){ .drain_ns = -1 });
    assert_ok(fovea_submit(golden.model, &image, NULL, answered, &answers, NULL,
                      &error),
            &error);
    golden_close(&golden);
    assert_int_equal(answers.n, 1);
    assert_int_equal(answers.by_status[FOVEA_ERR_SHUTTING_DOWN], 1);
}

/* More images than the queue has places: none may fail for that. */
static void
a_batch_waits_for_room(void **state)
{
    (void)state;
    enum {
        N = 100
    };
    struct fovea_error error;
    static struct fovea_item images[N];
    static struct fovea_error results[N];
    static float vectors[N][DIMENSION];
    struct golden_model golden = open_model((struct fovea_options){
            .max_queue = 2,
            .max_workers = 2,
            .max_batch = 3,
    });
    for (size_t i = 0; i < N; i++) {
        images[i] = (struct fovea_item){ .kind = FOVEA_ITEM_IMAGE_BYTES,
            .data = bytes,
            .size = size };
    }
    assert_ok(fovea_embed_batch(golden.model, images, N, FOVEA_EMBED_RAW,
                      vectors[0], results, &error),
            &error);
    for (size_t i = 0; i < N; i++) {
        assert_ok(results[i].code, &results[i]);
        check_vector(vectors[i]);
    }
    golden_close(&golden);
}

static void
no_worker_is_an_error_of_the_call(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_error results[2];
    float vectors[2][DIMENSION];
    const struct fovea_item images[2] = {
        { .kind = FOVEA_ITEM_IMAGE_PATH, .data = path },
        { .kind = FOVEA_ITEM_IMAGE_BYTES, .data = bytes, .size = size },
    };
    struct golden_model golden = open_model((struct fovea_options){
            .worker_program = "/nowhere/fovea-worker",
    });
    assert_fails(fovea_embed_batch(golden.model, images, 2, 0, vectors[0],
                         results, &error),
            &error, FOVEA_ERR_WORKER_START, "/nowhere/fovea-worker");
    golden_close(&golden);
    golden = open_model((struct fovea_options){ .memory_limit_bytes = 1 });
    assert_fails(fovea_embed_image(golden.model, path, 0, vectors[0], &error),
            &error, FOVEA_ERR_MEMORY_EXHAUSTED, "Cannot spawn workers for ");
    golden_close(&golden);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
                the_first_image_starts_two_workers_and_the_rest_finds_them),
        cmocka_unit_test(a_forked_child_is_refused),
        cmocka_unit_test(cancelled_images_are_answered_once),
        cmocka_unit_test(a_deadline_ends_what_never_comes),
        cmocka_unit_test(closing_answers_what_is_under_way),
        cmocka_unit_test(a_batch_waits_for_room),
        cmocka_unit_test(no_worker_is_an_error_of_the_call),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
