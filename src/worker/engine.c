/*
 * See engine.h. Jobs wait in a list guarded by one mutex; threads take runs of
 * images from the first job that has any left. A job's record lives on the
 * stack of the caller that waits for it.
 */
#include "worker/engine.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "base/error.h"
#include "image/preprocess.h"
#include "model/vit.h"

enum {
    /* Decoders stream what they can; this is what the others and the library's
       own code and tables take, measured, rounded up. */
    DECODER_WORKING_SET_BYTES = 32 << 20,
};

/* A job that waits or runs. Guarded by the engine's mutex but for `job`. */
struct ticket {
    const struct fovea_job *job;
    size_t next;       /* first image that no thread took */
    size_t unfinished; /* images without a result */
    size_t run_length; /* images a thread takes at a time */
    pthread_cond_t finished;
    struct ticket *following;
};

/* One thread and what only it uses. */
struct lane {
    struct fovea_engine *engine;
    pthread_t thread;
    struct fovea_vit *vit; /* made by the thread's first embedding run */
    uint8_t *pixels;       /* [max_batch] images */
    float *embeds;         /* [max_batch][projection_dim] */
    size_t *indices;       /* [max_batch] which image each good one is */
};

struct fovea_engine {
    struct fovea_engine_options options;
    size_t pixels_size; /* of one image, bytes */

    pthread_mutex_t load_mutex; /* guards loading and starting */
    struct fovea_weights *weights;
    struct lane *lanes; /* [options.n_threads] */
    unsigned n_started;

    pthread_mutex_t mutex; /* guards what follows, and the tickets */
    pthread_cond_t work;
    struct ticket *first;
    struct ticket *last;
    bool stop;
};

enum fovea_dtype
fovea_engine_resolve_dtype(const struct fovea_vision_config *config,
        enum fovea_dtype dtype)
{
    if (dtype != FOVEA_DTYPE_AUTO) {
        return dtype;
    }
    return fovea_precision_bf16(config) == FOVEA_PRECISION_BF16
            ? FOVEA_DTYPE_BF16
            : FOVEA_DTYPE_F32;
}

enum fovea_precision
fovea_engine_precision(const struct fovea_vision_config *config,
        enum fovea_dtype dtype)
{
    return fovea_engine_resolve_dtype(config, dtype) == FOVEA_DTYPE_BF16
            ? fovea_precision_bf16(config)
            : FOVEA_PRECISION_F32;
}

enum fovea_status
fovea_engine_estimate(const struct fovea_vision_config *config,
        enum fovea_dtype dtype, unsigned max_batch, uint64_t *shared_bytes_out,
        uint64_t *per_worker_bytes_out, struct fovea_error *err)
{
    enum fovea_precision precision = fovea_engine_precision(config, dtype);
    size_t shared = 0;
    int before = fovea_matmul_set_threads(1);
    enum fovea_status status =
            fovea_weights_size(config, precision, &shared, err);
    (void)fovea_matmul_set_threads(before);
    if (status) {
        return status;
    }
    size_t side = config->image_size_px;
    *shared_bytes_out = shared;
    *per_worker_bytes_out =
            fovea_vit_scratch_size(config, max_batch, precision) +
            (size_t)max_batch * 3 * side * side + DECODER_WORKING_SET_BYTES;
    return FOVEA_OK;
}

enum fovea_status
fovea_engine_create(const struct fovea_engine_options *options,
        struct fovea_engine **engine_out, struct fovea_error *err)
{
    struct fovea_engine *engine = calloc(1, sizeof *engine);
    struct lane *lanes = calloc(options->n_threads, sizeof *lanes);
    if (!engine || !lanes) {
        free(engine);
        free(lanes);
        return fovea_fail_memory(err,
                sizeof *engine + options->n_threads * sizeof *lanes,
                "the engine");
    }
    engine->options = *options;
    engine->lanes = lanes;
    engine->pixels_size = 3 * (size_t)options->settings.crop_height_px *
            options->settings.crop_width_px;
    (void)pthread_mutex_init(&engine->load_mutex, NULL);
    (void)pthread_mutex_init(&engine->mutex, NULL);
    (void)pthread_cond_init(&engine->work, NULL);
    *engine_out = engine;
    return FOVEA_OK;
}

static void
lane_finish(struct lane *lane)
{
    fovea_vit_destroy(lane->vit);
    free(lane->pixels);
    free(lane->embeds);
    free(lane->indices);
}

void
fovea_engine_destroy(struct fovea_engine *engine)
{
    if (!engine) {
        return;
    }
    (void)pthread_mutex_lock(&engine->mutex);
    engine->stop = true;
    (void)pthread_cond_broadcast(&engine->work);
    (void)pthread_mutex_unlock(&engine->mutex);
    for (unsigned i = 0; i < engine->n_started; i++) {
        (void)pthread_join(engine->lanes[i].thread, NULL);
    }
    for (unsigned i = 0; i < engine->options.n_threads; i++) {
        lane_finish(&engine->lanes[i]);
    }
    free(engine->lanes);
    fovea_weights_destroy(engine->weights);
    (void)pthread_cond_destroy(&engine->work);
    (void)pthread_mutex_destroy(&engine->mutex);
    (void)pthread_mutex_destroy(&engine->load_mutex);
    free(engine);
}

/* What a thread does with a run of images. */

struct run {
    const struct fovea_job *job;
    size_t first;
    size_t n;
};

static void
succeed(struct fovea_error *result)
{
    *result = (struct fovea_error){ .code = FOVEA_OK };
}

/* Image `index` of the job to pixels; its result says how it went. */
static bool
prepare_image(const struct fovea_engine *engine, const struct fovea_job *job,
        size_t index, uint8_t *pixels)
{
    struct fovea_error *result = &job->results[index];
    FOVEA_AUTO(fovea_input_finish)
    struct fovea_input input = FOVEA_INPUT_INIT;
    enum fovea_status status = job->open(job->context, index, &input, result);
    if (!status) {
        status = fovea_preprocess_image(&engine->options.settings,
                &engine->options.limits, &input, pixels, result);
    }
    if (!status) {
        succeed(result);
    }
    return status == FOVEA_OK;
}

static void
run_pixels(const struct fovea_engine *engine, const struct run *run)
{
    for (size_t i = run->first; i < run->first + run->n; i++) {
        uint8_t *pixels = run->job->pixels + i * engine->pixels_size;
        if (!prepare_image(engine, run->job, i, pixels)) {
            memset(pixels, 0, engine->pixels_size);
        }
    }
}

/* Scale to length 1. False if a value is not finite or all are 0. */
static bool
normalise(float *vector, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)vector[i] * (double)vector[i];
    }
    if (!isfinite(sum) || sum <= 0.0) {
        return false;
    }
    double factor = 1.0 / sqrt(sum);
    for (size_t i = 0; i < n; i++) {
        vector[i] = (float)((double)vector[i] * factor);
    }
    return true;
}

static bool
all_finite(const float *vector, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(vector[i])) {
            return false;
        }
    }
    return true;
}

static void
finish_image(const struct fovea_engine *engine, const struct fovea_job *job,
        size_t index, const float *embed)
{
    size_t dimension = engine->options.config.projection_dim;
    float *vector = job->embeddings + index * dimension;
    memcpy(vector, embed, dimension * sizeof(float));
    bool good = job->raw ? all_finite(vector, dimension)
                         : normalise(vector, dimension);
    if (!good) {
        memset(vector, 0, dimension * sizeof(float));
        (void)fovea_fail(&job->results[index], FOVEA_ERR_MODEL_WEIGHTS,
                "the model's output for this image is not a finite vector");
    }
}

/* Buffers and primitives of a thread, in the thread that uses them. */
static enum fovea_status
lane_init(struct lane *lane, struct fovea_error *err)
{
    const struct fovea_engine *engine = lane->engine;
    size_t batch = engine->options.max_batch;
    size_t dimension = engine->options.config.projection_dim;
    if (lane->vit) {
        return FOVEA_OK;
    }
    free(lane->pixels);
    free(lane->embeds);
    free(lane->indices);
    lane->pixels = malloc(batch * engine->pixels_size);
    lane->embeds = malloc(batch * dimension * sizeof(float));
    lane->indices = malloc(batch * sizeof(size_t));
    if (!lane->pixels || !lane->embeds || !lane->indices) {
        return fovea_fail_memory(err, batch * engine->pixels_size,
                "a batch of images");
    }
    return fovea_vit_create(engine->weights, &engine->options.settings, batch,
            &lane->vit, err);
}

static void
run_embeddings(struct lane *lane, const struct run *run)
{
    const struct fovea_engine *engine = lane->engine;
    const struct fovea_job *job = run->job;
    size_t dimension = engine->options.config.projection_dim;
    memset(job->embeddings + run->first * dimension, 0,
            run->n * dimension * sizeof(float));
    struct fovea_error error;
    enum fovea_status status = lane_init(lane, &error);
    size_t n_good = 0;
    for (size_t i = run->first; i < run->first + run->n; i++) {
        if (status) {
            job->results[i] = error;
        } else if (prepare_image(engine, job, i,
                           lane->pixels + n_good * engine->pixels_size)) {
            lane->indices[n_good++] = i;
        }
    }
    if (n_good > 0) {
        status = fovea_vit_embed(lane->vit, lane->pixels, n_good, lane->embeds,
                &error);
    }
    for (size_t i = 0; i < n_good; i++) {
        if (status) {
            job->results[lane->indices[i]] = error;
        } else {
            finish_image(engine, job, lane->indices[i],
                    lane->embeds + i * dimension);
        }
    }
}

/* The queue. All with the mutex held. */

static void
take_run(struct fovea_engine *engine, struct ticket *ticket, struct run *run)
{
    size_t left = ticket->job->n - ticket->next;
    run->job = ticket->job;
    run->first = ticket->next;
    run->n = left < ticket->run_length ? left : ticket->run_length;
    ticket->next += run->n;
    if (ticket->next == ticket->job->n) {
        engine->first = ticket->following;
        if (!engine->first) {
            engine->last = NULL;
        }
    }
}

static void
append(struct fovea_engine *engine, struct ticket *ticket)
{
    if (engine->last) {
        engine->last->following = ticket;
    } else {
        engine->first = ticket;
    }
    engine->last = ticket;
    (void)pthread_cond_broadcast(&engine->work);
}

static void *
lane_main(void *argument)
{
    struct lane *lane = argument;
    struct fovea_engine *engine = lane->engine;
    (void)fovea_matmul_set_threads(1);
    (void)pthread_mutex_lock(&engine->mutex);
    while (!engine->stop) {
        struct ticket *ticket = engine->first;
        if (!ticket) {
            (void)pthread_cond_wait(&engine->work, &engine->mutex);
            continue;
        }
        struct run run;
        take_run(engine, ticket, &run);
        (void)pthread_mutex_unlock(&engine->mutex);
        if (run.job->pixels) {
            run_pixels(engine, &run);
        } else {
            run_embeddings(lane, &run);
        }
        (void)pthread_mutex_lock(&engine->mutex);
        ticket->unfinished -= run.n;
        if (ticket->unfinished == 0) {
            (void)pthread_cond_signal(&ticket->finished);
        }
    }
    (void)pthread_mutex_unlock(&engine->mutex);
    return NULL;
}

/* Start what is not running. Signals stay with the program's own threads. */
static enum fovea_status
start_threads(struct fovea_engine *engine, struct fovea_error *err)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = 0;
    while (!failure && engine->n_started < engine->options.n_threads) {
        struct lane *lane = &engine->lanes[engine->n_started];
        lane->engine = engine;
        failure = pthread_create(&lane->thread, NULL, lane_main, lane);
        if (!failure) {
            engine->n_started++;
        }
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    /* With one thread there is an engine, if a slower one. */
    if (failure && engine->n_started == 0) {
        return fovea_fail_errno(err, FOVEA_ERR_NO_MEMORY, failure,
                "cannot start an engine thread");
    }
    return FOVEA_OK;
}

/* In the caller's thread, which is left as it was. */
static enum fovea_status
load_weights(struct fovea_engine *engine, struct fovea_error *err)
{
    int before = fovea_matmul_set_threads(1);
    enum fovea_status status = fovea_weights_load(&engine->options.config,
            engine->options.checkpoint,
            fovea_engine_precision(&engine->options.config,
                    engine->options.dtype),
            &engine->weights, err);
    (void)fovea_matmul_set_threads(before);
    return status;
}

/* Everything the first job needs, once. */
static enum fovea_status
wake(struct fovea_engine *engine, bool needs_weights, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    (void)pthread_mutex_lock(&engine->load_mutex);
    if (needs_weights && !engine->weights) {
        status = load_weights(engine, err);
    }
    if (!status && engine->n_started < engine->options.n_threads) {
        status = start_threads(engine, err);
    }
    (void)pthread_mutex_unlock(&engine->load_mutex);
    return status;
}

enum fovea_status
fovea_engine_run(struct fovea_engine *engine, const struct fovea_job *job,
        struct fovea_error *err)
{
    if (job->n == 0) {
        return FOVEA_OK;
    }
    enum fovea_status status = wake(engine, job->embeddings != NULL, err);
    if (status) {
        return status;
    }
    size_t threads = engine->options.n_threads;
    size_t share = (job->n + threads - 1) / threads;
    size_t batch = engine->options.max_batch;
    struct ticket ticket = {
        .job = job,
        .unfinished = job->n,
        .run_length = share < batch ? share : batch,
        .finished = PTHREAD_COND_INITIALIZER,
    };
    (void)pthread_mutex_lock(&engine->mutex);
    append(engine, &ticket);
    while (ticket.unfinished > 0) {
        (void)pthread_cond_wait(&ticket.finished, &engine->mutex);
    }
    (void)pthread_mutex_unlock(&engine->mutex);
    (void)pthread_cond_destroy(&ticket.finished);
    return FOVEA_OK;
}
