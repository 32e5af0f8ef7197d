/*
 * What the pool costs beside the engine that it stands on, in one run: both
 * take turns, so that whatever else the machine does meets both.
 *
 *     bench_pool MODEL_DIRECTORY DTYPE N_WORKERS N_ROUNDS
 *
 * FOVEA_WORKER names the worker program. Prints one "name value unit" a line.
 */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "fovea/fovea.h"

#include "base/clock.h"
#include "base/macros.h"
#include "bench/picture.h"
#include "checkpoint/config.h"
#include "checkpoint/preprocessor.h"
#include "checkpoint/safetensors.h"
#include "engine/engine.h"
#include "image/preprocess.h"
#include "option/limits.h"
#include "sys/memory.h"

enum {
    BATCH = 8,
    N_IMAGES = 96, /* a round of one bare engine: long enough that the first
                      and the last batch, in which not all work, do not count */
    N_SINGLES = 40,
    MAX_ROUNDS = 100,
    MAX_WORKERS = 16,
    WIDTH_PX = 500,
    HEIGHT_PX = 375,
};

/* The engine alone. */
struct bare {
    struct fovea_tower config;
    struct fovea_preprocess settings;
    struct fovea_limits limits;
    struct fovea_engine *engine;
    const struct fovea_bench_picture *picture;
};

/* A thread with a forward pass of its own. */
struct lane {
    const struct bare *bare;
    unsigned number;
    uint8_t *pixels;
    float *vectors;
    pthread_t thread;
};

_Noreturn static void
fail(const char *what, const struct fovea_error *error)
{
    (void)fprintf(stderr, "bench_pool: %s: %s\n", what, error->message);
    exit(1); /* NOLINT(concurrency-mt-unsafe) */
}

static int
compare_doubles(const void *a, const void *b)
{
    const double *left = a;
    const double *right = b;
    return (*left > *right) - (*left < *right);
}

static double
median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare_doubles);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void
bare_open(struct bare *bare, const char *directory, enum fovea_dtype dtype,
        size_t n_lanes)
{
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    static const struct fovea_limits none;
    bare->limits = fovea_limits_resolve(&none);
    if (fovea_tower_read(directory, FOVEA_MODALITY_IMAGE, &bare->config,
                &error) ||
            fovea_preprocess_config_read(directory, &bare->config,
                    &bare->settings, &error) ||
            fovea_checkpoint_open(directory, &checkpoint, &error)) {
        fail("the bare engine", &error);
    }
    const struct fovea_engine_ops *ops = fovea_engine_default();
    const struct fovea_engine_options options = {
        .tower = &bare->config,
        .pixels = &bare->settings,
        .dtype = dtype,
        .packed_fd = -1,
        .checkpoint = checkpoint,
    };
    if (ops->open(&options, &bare->engine, &error) ||
            ops->prepare(bare->engine, (unsigned)n_lanes, BATCH, &error)) {
        fail("the bare engine", &error);
    }
    fovea_checkpoint_close(checkpoint);
}

static void
lane_open(struct lane *lane, const struct bare *bare, unsigned number)
{
    const struct fovea_error error = { .message = "out of memory" };
    lane->number = number;
    lane->bare = bare;
    lane->pixels = calloc(BATCH,
            3 * (size_t)bare->config.side_px * bare->config.side_px);
    lane->vectors = calloc(BATCH, bare->config.dimension * sizeof(float));
    if (!lane->pixels || !lane->vectors) {
        fail("the bare engine", &error);
    }
}

static void
lane_close(struct lane *lane)
{
    free(lane->pixels);
    free(lane->vectors);
}

static void
lane_embed(struct lane *lane, size_t n)
{
    const struct bare *bare = lane->bare;
    struct fovea_error error;
    size_t side = bare->config.side_px;
    for (size_t i = 0; i < n; i++) {
        struct fovea_input input;
        fovea_input_from_memory(bare->picture->jpeg, bare->picture->jpeg_size,
                &input);
        if (fovea_preprocess_image(&bare->settings, &bare->limits, NULL, &input,
                    lane->pixels + i * 3 * side * side, NULL, &error)) {
            fail("a picture", &error);
        }
    }
    if (fovea_engine_default()->run(bare->engine, lane->number, lane->pixels, n,
                lane->vectors, &error)) {
        fail("a forward pass", &error);
    }
}

static void *
lane_main(void *context)
{
    for (size_t i = 0; i < N_IMAGES; i += BATCH) {
        lane_embed(context, BATCH);
    }
    return NULL;
}

/* Images a second of n engines at once. */
static double
bare_rate(struct lane *lanes, size_t n)
{
    int64_t start = fovea_clock_ns();
    for (size_t i = 1; i < n; i++) {
        if (pthread_create(&lanes[i].thread, NULL, lane_main, &lanes[i])) {
            fail("threads",
                    &(struct fovea_error){ .message = "cannot start one" });
        }
    }
    (void)lane_main(&lanes[0]);
    for (size_t i = 1; i < n; i++) {
        (void)pthread_join(lanes[i].thread, NULL);
    }
    return (double)(n * N_IMAGES) * 1e9 / (double)(fovea_clock_ns() - start);
}

static double
pool_rate(struct fovea_model *model, const struct fovea_bench_picture *picture,
        size_t n)
{
    size_t total = n * N_IMAGES;
    struct fovea_error error;
    struct fovea_item *images = calloc(total, sizeof *images);
    struct fovea_error *results = calloc(total, sizeof *results);
    float *vectors =
            calloc(total, fovea_embedding_dimension(model) * sizeof *vectors);
    FOVEA_ASSERT(images && results && vectors);
    for (size_t i = 0; i < total; i++) {
        images[i] = (struct fovea_item){ .kind = FOVEA_ITEM_IMAGE_BYTES,
            .data = picture->jpeg,
            .size = picture->jpeg_size };
    }
    int64_t start = fovea_clock_ns();
    if (fovea_embed_batch(model, images, total, 0, vectors, results, &error)) {
        fail("the pool", &error);
    }
    int64_t end = fovea_clock_ns();
    for (size_t i = 0; i < total; i++) {
        if (results[i].code) {
            fail("the pool", &results[i]);
        }
    }
    free(images);
    free(results);
    free(vectors);
    return (double)total * 1e9 / (double)(end - start);
}

struct pool {
    struct fovea *library;
    struct fovea_model *model;
};

/* CPU time of this process and of the workers, which have one thread each. */
static double
cpu_ns(struct fovea *library)
{
    struct timespec own = { 0, 0 };
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    struct fovea_error error;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
    double sum = (double)own.tv_sec * 1e9 + (double)own.tv_nsec;
    if (fovea_pool_stats(library, &stats, &error)) {
        fail("stats", &error);
    }
    for (size_t i = 0; i < stats.n_workers; i++) {
        char path[64];
        double used = 0.0;
        (void)snprintf(path, sizeof path, "/proc/%lld/schedstat",
                (long long)stats.workers[i].pid);
        FILE *file = fopen(path, "re");
        /* The kernel's number fits. NOLINTNEXTLINE(cert-err34-c) */
        if (file && fscanf(file, "%lf", &used) == 1) {
            sum += used;
        }
        if (file) {
            (void)fclose(file);
        }
    }
    fovea_pool_stats_finish(&stats);
    return sum;
}

static void
time_throughput(struct lane *lanes, const struct pool *with, size_t n_workers,
        size_t n_rounds)
{
    double one[MAX_ROUNDS];
    double all[MAX_ROUNDS];
    double pool[MAX_ROUNDS];
    double cpu[MAX_ROUNDS];
    double to_one[MAX_ROUNDS];
    double to_all[MAX_ROUNDS];
    for (size_t i = 0; i < n_rounds; i++) {
        one[i] = bare_rate(lanes, 1);
        double start = cpu_ns(with->library);
        all[i] = bare_rate(lanes, n_workers);
        double middle = cpu_ns(with->library);
        pool[i] = pool_rate(with->model, lanes[0].bare->picture, n_workers);
        double end = cpu_ns(with->library);
        cpu[i] = (end - middle) / (middle - start);
        to_one[i] = pool[i] / (one[i] * (double)n_workers);
        to_all[i] = pool[i] / all[i];
    }
    (void)printf("bare_one_core %.2f images/s\n", median(one, n_rounds));
    (void)printf("bare_all_cores %.2f images/s\n", median(all, n_rounds));
    (void)printf("pool %.2f images/s\n", median(pool, n_rounds));
    (void)printf("pool_over_workers_x_bare %.3f ratio\n",
            median(to_one, n_rounds));
    (void)printf("pool_over_bare_at_once %.3f ratio\n",
            median(to_all, n_rounds));
    (void)printf("pool_cpu_over_bare_cpu %.3f ratio\n", median(cpu, n_rounds));
}

/* An image that was submitted. */
struct answer {
    sem_t done;
    struct fovea_timings timings;
    struct fovea_error result;
};

static void
on_done(void *context, const struct fovea_error *result, const float *embedding,
        const struct fovea_timings *timings)
{
    struct answer *answer = context;
    (void)embedding;
    answer->result = *result;
    answer->timings = *timings;
    (void)sem_post(&answer->done);
}

/* Of an image, in microseconds: all in all; beside decoding and the forward
   pass, which the worker times. */
static void
embed_single(struct fovea_model *model,
        const struct fovea_bench_picture *picture, double *total_us_out,
        double *beside_us_out)
{
    struct answer answer;
    struct fovea_error error;
    const struct fovea_item image = { .kind = FOVEA_ITEM_IMAGE_BYTES,
        .data = picture->jpeg,
        .size = picture->jpeg_size };
    (void)sem_init(&answer.done, 0, 0);
    int64_t start = fovea_clock_ns();
    if (fovea_submit(model, &image, NULL, on_done, &answer, NULL, &error)) {
        fail("the pool", &error);
    }
    while (sem_wait(&answer.done)) {
    }
    int64_t total_ns = fovea_clock_ns() - start;
    if (answer.result.code) {
        fail("the pool", &answer.result);
    }
    *total_us_out = (double)total_ns / 1e3;
    *beside_us_out = (double)(total_ns - answer.timings.decode_ns -
                             answer.timings.forward_ns) /
            1e3;
    (void)sem_destroy(&answer.done);
}

static void
time_latency(struct lane *lane, struct fovea_model *model)
{
    double bare[N_SINGLES];
    double pool[N_SINGLES];
    double beside[N_SINGLES];
    for (size_t i = 0; i < N_SINGLES; i++) {
        int64_t start = fovea_clock_ns();
        lane_embed(lane, 1);
        bare[i] = (double)(fovea_clock_ns() - start) / 1e3;
        embed_single(model, lane->bare->picture, &pool[i], &beside[i]);
    }
    double bare_us = median(bare, N_SINGLES);
    double pool_us = median(pool, N_SINGLES);
    double beside_us = median(beside, N_SINGLES);
    (void)printf("bare_single %.0f us, least %.0f\n", bare_us, bare[0]);
    (void)printf("pool_single %.0f us, least %.0f\n", pool_us, pool[0]);
    (void)printf("pool_beside_decode_and_forward %.0f us, least %.0f\n",
            beside_us, beside[0]);
}

/* What workers take beside the weights, and how long one more takes until it
   can work. */
static void
measure_workers(struct fovea *library, struct fovea_model *model,
        const struct fovea_bench_picture *picture, size_t n_workers)
{
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    struct fovea_error error;
    if (fovea_pool_spawn_worker(model, &error)) {
        fail("a further worker", &error);
    }
    /* Let them touch what they use. */
    (void)pool_rate(model, picture, n_workers + 1);
    if (fovea_pool_stats(library, &stats, &error)) {
        fail("stats", &error);
    }
    uint64_t pss = 0;
    const struct fovea_worker_stats *youngest = stats.workers;
    for (size_t i = 0; i < stats.n_workers; i++) {
        pss += fovea_memory_pss(stats.workers[i].pid);
        if (stats.workers[i].age_ns < youngest->age_ns) {
            youngest = &stats.workers[i];
        }
    }
    double shared = (double)stats.models[0].shared_bytes;
    (void)printf("weights %.1f MiB\n", shared / (1 << 20));
    (void)printf("pss_of_%zu_workers %.1f MiB\n", stats.n_workers,
            (double)pss / (1 << 20));
    (void)printf("pss_of_a_worker_beside_weights %.1f MiB\n",
            ((double)pss - shared) / (double)stats.n_workers / (1 << 20));
    (void)printf("further_worker_ready %.1f ms\n",
            (double)youngest->ready_after_ns / 1e6);
    fovea_pool_stats_finish(&stats);
}

/* From the end of the pool until the weights' memory is available again; four
   fifths of it, because the kernel's figure is an estimate that moves by itself
   as pages go through its lists. */
static void
time_eviction(struct fovea *library, struct fovea_model *model)
{
    struct fovea_memory memory;
    const struct fovea_model_info *info = fovea_model_describe(model);
    if (!fovea_memory_read("", &memory)) {
        return;
    }
    uint64_t before = memory.available_bytes;
    int64_t start = fovea_clock_ns();
    fovea_model_close(model);
    fovea_close(library);
    int64_t closed = fovea_clock_ns();
    int64_t back = closed;
    while (fovea_memory_read("", &memory) &&
            memory.available_bytes < before + info->shared_bytes * 8 / 10 &&
            back - start < INT64_C(5000000000)) {
        (void)usleep(1000);
        back = fovea_clock_ns();
    }
    (void)printf("close %.1f ms\n", (double)(closed - start) / 1e6);
    (void)printf("memory_back_after_close %.1f ms\n",
            (double)(back - start) / 1e6);
}

/* Without a cache on disk: what is measured is what workers share in memory. */
static void
pool_open(struct pool *pool, const char *directory, enum fovea_dtype dtype,
        unsigned max_workers)
{
    struct fovea_error error;
    const struct fovea_options options = { .struct_size = sizeof options,
        .dtype = dtype,
        .max_batch = BATCH,
        .max_workers = max_workers,
        .sandbox = FOVEA_SANDBOX_AUTO,
        .cache_directory = "" };
    if (fovea_open(&options, &pool->library, &error) ||
            fovea_model_open(pool->library, directory, &pool->model, &error) ||
            fovea_pool_spawn_worker(pool->model, &error)) {
        fail("the pool", &error);
    }
}

int
main(int argc, char **argv)
{
    unsigned n_workers = 0;
    unsigned n_rounds = 0;
    enum fovea_dtype dtype = FOVEA_DTYPE_AUTO;
    /* Bounds are checked. NOLINTBEGIN(cert-err34-c) */
    if (argc != 5 || !fovea_dtype_parse(argv[2], &dtype) ||
            sscanf(argv[3], "%u", &n_workers) != 1 ||
            sscanf(argv[4], "%u", &n_rounds) != 1 || n_workers < 1 ||
            n_workers >= MAX_WORKERS || n_rounds < 1 || n_rounds > MAX_ROUNDS) {
        (void)fputs("usage: bench_pool MODEL_DIRECTORY DTYPE N_WORKERS "
                    "N_ROUNDS\n",
                stderr);
        return 2;
    }
    /* NOLINTEND(cert-err34-c) */
    struct fovea_error error;
    struct fovea_bench_picture picture;
    if (fovea_bench_picture_create(WIDTH_PX, HEIGHT_PX, &picture, &error)) {
        fail("a picture", &error);
    }
    struct bare bare = { .picture = &picture };
    struct lane lanes[MAX_WORKERS];
    memset(lanes, 0, sizeof lanes);
    bare_open(&bare, argv[1], dtype, n_workers);
    for (size_t i = 0; i < n_workers; i++) {
        lane_open(&lanes[i], &bare, (unsigned)i);
    }
    struct pool pool;
    pool_open(&pool, argv[1], dtype, n_workers);
    (void)pool_rate(pool.model, &picture, n_workers);
    time_throughput(lanes, &pool, n_workers, n_rounds);
    time_latency(&lanes[0], pool.model);
    fovea_model_close(pool.model);
    fovea_close(pool.library);
    pool_open(&pool, argv[1], dtype, n_workers + 1);
    measure_workers(pool.library, pool.model, &picture, n_workers);
    time_eviction(pool.library, pool.model);
    for (size_t i = 0; i < n_workers; i++) {
        lane_close(&lanes[i]);
    }
    fovea_engine_default()->close(bare.engine);
    fovea_bench_picture_finish(&picture);
    return 0;
}
