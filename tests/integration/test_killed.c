/*
 * Real workers that somebody kills, ends or stops while they work: no image is
 * condemned for it, and no request refused. Signals come by what was done, not
 * by the clock. FOVEA_STRESS_SECONDS, if it is set, makes it longer: 1,000
 * images a second of it.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "base/macros.h"
#include "support/golden.h"
#include "support/test.h"

enum {
    DIMENSION = 20, /* of the model "quick" */
    MAX_BYTES = 1 << 20,
    N_IMAGES = 600,
    N_EACH = 40, /* images a signal */
};

static struct fovea *library;
static struct fovea_model *model;
static uint8_t bytes[MAX_BYTES];
static size_t size;
static float expected[DIMENSION];
static atomic_uint n_breakers;

/* What a thread embeds. */
struct load {
    size_t n;
    struct fovea_item *images;
    struct fovea_error *results;
    float *vectors; /* [n][DIMENSION] */
    enum fovea_status status;
    atomic_bool is_over;
};

static void
on_event(void *context, const struct fovea_event *event)
{
    (void)context;
    if (event->kind == FOVEA_EVENT_BREAKER) {
        atomic_fetch_add(&n_breakers, 1);
    }
}

static void *
embed(void *context)
{
    struct load *load = context;
    load->status = fovea_embed_batch(model, load->images, load->n, 0,
            load->vectors, load->results, NULL);
    atomic_store(&load->is_over, true);
    return NULL;
}

/* At some worker, once enough was done since the last. */
static bool
shoot(unsigned turn, uint64_t *next)
{
    static const int signals[] = { SIGKILL, SIGTERM, SIGSTOP };
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    struct fovea_error error;
    bool is_hit = false;
    assert_ok(fovea_pool_stats(library, &stats, &error), &error);
    if (stats.n_workers > 0 && stats.models[0].n_embedded >= *next) {
        int64_t pid = stats.workers[turn % stats.n_workers].pid;
        is_hit = pid > 0 &&
                kill((pid_t)pid, signals[turn % FOVEA_ARRAY_LEN(signals)]) == 0;
        *next = stats.models[0].n_embedded + N_EACH;
    }
    fovea_pool_stats_finish(&stats);
    return is_hit;
}

static void
check(const struct load *load)
{
    unsigned n_killed = 0;
    assert_int_equal(load->status, FOVEA_OK);
    for (size_t i = 0; i < load->n; i++) {
        if (load->results[i].code == FOVEA_ERR_WORKER_KILLED) {
            n_killed++;
            continue;
        }
        assert_ok(load->results[i].code, &load->results[i]);
        assert_memory_equal(&load->vectors[i * DIMENSION], expected,
                sizeof expected);
    }
    print_message("# %u of %zu images answered with worker_killed\n", n_killed,
            load->n);
}

static void
images_outlive_their_workers(void **state)
{
    (void)state;
    const char *seconds = getenv("FOVEA_STRESS_SECONDS");
    long n = seconds ? strtol(seconds, NULL, 10) * 1000 : 0;
    struct load load = { .n = n > N_IMAGES ? (size_t)n : N_IMAGES };
    struct fovea_error error;
    load.images = calloc(load.n, sizeof *load.images);
    load.results = calloc(load.n, sizeof *load.results);
    load.vectors = calloc(load.n, sizeof expected);
    assert_true(load.images && load.results && load.vectors);
    for (size_t i = 0; i < load.n; i++) {
        load.images[i] = (struct fovea_item){ .kind = FOVEA_ITEM_IMAGE_BYTES,
            .data = bytes,
            .size = size };
    }
    assert_ok(fovea_embed_image_bytes(model, bytes, size, 0, expected, &error),
            &error);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, embed, &load), 0);
    unsigned n_signals = 0;
    uint64_t next = 1;
    while (!atomic_load(&load.is_over)) {
        n_signals += shoot(n_signals, &next);
        (void)nanosleep(&(struct timespec){ .tv_nsec = FOVEA_NS_PER_MS }, NULL);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    check(&load);
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    assert_ok(fovea_pool_stats(library, &stats, &error), &error);
    assert_int_equal(stats.n_quarantined, 0);
    print_message("# %u signals, %u images tried again\n", n_signals,
            (unsigned)stats.models[0].n_retried);
    fovea_pool_stats_finish(&stats);
    assert_true(n_signals > 0);
    assert_int_equal(atomic_load(&n_breakers), 0);
    free(load.images);
    free(load.results);
    free(load.vectors);
}

int
main(void)
{
    struct fovea_error error;
    char directory[GOLDEN_PATH_SIZE];
    char path[GOLDEN_PATH_SIZE];
    golden_path("tests/golden/models/quick", directory);
    golden_path("samples/formats/baseline.jpg", path);
    FILE *file = fopen(path, "rb");
    size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    const struct fovea_options options = {
        .struct_size = sizeof options,
        .dtype = FOVEA_DTYPE_F32,
        .max_workers = 3,
        /* One that stands still has so long. */
        .image_ns = 2 * FOVEA_NS_PER_S,
        .load_ns = 10 * FOVEA_NS_PER_S,
        .on_event = on_event,
    };
    if (!file || fclose(file) || fovea_open(&options, &library, &error) ||
            fovea_model_open(library, directory, &model, &error)) {
        (void)fprintf(stderr, "# cannot begin\n");
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_outlive_their_workers),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fovea_model_close(model);
    fovea_close(library);
    return failed;
}
