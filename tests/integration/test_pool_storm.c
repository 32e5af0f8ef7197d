/*
 * A bad day: 2,000 images while workers are killed, stopped and crashed from
 * outside; and many threads that use everything at once. Every image is
 * answered exactly once, with its vector or a named reason, and nothing is
 * left.
 *
 * FOVEA_STRESS_SECONDS (2) is how long the threads go on.
 */
#include <signal.h>
#include <stdatomic.h>

#include "support/scene.h"

enum {
    N_IMAGES = 2000,
    N_WINDOW = 200, /* submitted and not answered */
    N_EACH = 30,    /* of them a signal */
    N_THREADS = 64,
};

static struct scene scene;

/* Repeatable, and good enough to be unfair. */
static uint32_t
next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* At a worker, if there is one. Only ever at one of ours: a process id that the
   pool said belongs to one may be another's by now only if 4 million have been
   started since. */
static unsigned
shoot(uint32_t *seed)
{
    static const int signals[] = { SIGKILL, SIGSTOP, SIGSEGV };
    struct fovea_pool_stats stats;
    unsigned n_hits = 0;
    struct fovea_error error;
    assert_ok(fovea_stats_read(scene.pool, &stats, &error), &error);
    if (stats.n_workers > 0) {
        size_t i = next_random(seed) % stats.n_workers;
        int number = signals[next_random(seed) % 3];
        if (stats.workers[i].pid > 0) {
            n_hits = kill((pid_t)stats.workers[i].pid, number) == 0;
        }
    }
    fovea_pool_stats_finish(&stats);
    return n_hits;
}

static bool
is_named(enum fovea_status status)
{
    return status == FOVEA_ERR_WORKER_CRASHED ||
            status == FOVEA_ERR_WORKER_TIMEOUT ||
            status == FOVEA_ERR_WORKER_KILLED ||
            status == FOVEA_ERR_WORKER_START ||
            status == FOVEA_ERR_CIRCUIT_OPEN;
}

static void
faults_of_all_kinds_lose_no_image(void **state)
{
    (void)state;
    scene.settings.max_workers = 4;
    scene.settings.image_ns = 500 * FOVEA_NS_PER_MS;
    scene.settings.load_ns = 2 * FOVEA_NS_PER_S;
    scene.settings.breaker_open_ns = 50 * FOVEA_NS_PER_MS;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot *shots = calloc(N_IMAGES, sizeof *shots);
    assert_non_null(shots);
    unsigned n_signals = 0;
    unsigned n_refused = 0;
    uint32_t seed = 7;
    for (unsigned i = 0; i < N_IMAGES; i++) {
        if (i >= N_WINDOW && !shots[i - N_WINDOW].is_refused) {
            shot_wait(&shots[i - N_WINDOW]);
        }
        if (i >= N_WINDOW && i % N_EACH == 0) {
            n_signals += shoot(&seed);
        }
        shot_init(&shots[i], &scene, i % 2 ? "slow 1\n%u" : "slow 3\n%u", i);
        shots[i].is_batch = i % 3 != 0;
        struct fovea_error error;
        enum fovea_status status = shot_submit(&shots[i], group, &error);
        if (status) {
            assert_true(is_named(status));
            shots[i].is_refused = true;
            n_refused++;
            sleep_ns(5 * FOVEA_NS_PER_MS);
        }
    }
    unsigned n_good = 0;
    for (unsigned i = 0; i < N_IMAGES; i++) {
        if (shots[i].is_refused) {
            continue;
        }
        shot_wait(&shots[i]);
        if (shots[i].result.code == FOVEA_OK) {
            shot_check_good(&shots[i]);
            n_good++;
        } else if (!is_named(shots[i].result.code)) {
            fail_msg("%s", shots[i].result.message);
        }
    }
    fovea_group_close(group);
    scene_close(&scene);
    for (unsigned i = 0; i < N_IMAGES; i++) {
        assert_int_equal(shot_answers(&shots[i]), shots[i].is_refused ? 0 : 1);
    }
    print_message("# %u signals, %u good, %u refused\n", n_signals, n_good,
            n_refused);
    assert_true(n_signals > 0);
    assert_true(n_good > N_IMAGES / 2);
    free(shots);
}

static int64_t until_ns;
static struct fovea_group *groups[3];
static atomic_uint n_wrong;
static atomic_uint n_right;

/* What came is what was asked for, or says why not. */
static void
judge(struct shot *shot, bool was_cancelled)
{
    float expected[FAKE_DIMENSION];
    fake_vector(shot->text, shot->size, shot->raw, expected);
    enum fovea_status status = shot->result.code;
    bool is_right = shot_answers(shot) == 1;
    if (status == FOVEA_OK) {
        /* All bits. NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
        int order = memcmp(expected, shot->vector, sizeof expected);
        is_right = is_right && order == 0;
    } else {
        is_right = is_right &&
                ((was_cancelled && status == FOVEA_ERR_CANCELLED) ||
                        (shot->text[0] == 'b' &&
                                status == FOVEA_ERR_NOT_AN_IMAGE) ||
                        (shot->deadline_ns && status == FOVEA_ERR_DEADLINE) ||
                        status == FOVEA_ERR_MEMORY_EXHAUSTED);
    }
    atomic_fetch_add(is_right ? &n_right : &n_wrong, 1);
    if (!is_right) {
        (void)fprintf(stderr, "# \"%s\": %s: %s\n", shot->text,
                fovea_status_name(status), shot->result.message);
    }
}

static void
use(uint32_t *seed, unsigned number)
{
    struct shot shots[4];
    bool was_cancelled[4] = { false };
    bool is_there[4] = { false };
    struct fovea_error error;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t dice = next_random(seed);
        const char *word = dice % 10 == 0 ? "bad"
                : dice % 10 == 1          ? "slow 3"
                                          : "vector";
        shot_init(&shots[i], &scene, "%s\n%u %u", word, number, dice);
        shots[i].is_batch = dice & 1;
        shots[i].raw = dice & 2;
        shots[i].deadline_ns =
                dice % 7 == 0 ? fovea_clock_ns() + 2 * FOVEA_NS_PER_MS : 0;
        enum fovea_status status =
                shot_submit(&shots[i], groups[dice % 3], &error);
        is_there[i] = status == FOVEA_OK;
        if (status && status != FOVEA_ERR_BUSY) {
            (void)fprintf(stderr, "# %s\n", error.message);
            atomic_fetch_add(&n_wrong, 1);
        }
        if (is_there[i] && dice % 11 == 0) {
            was_cancelled[i] = true;
            fovea_group_cancel(groups[dice % 3], shots[i].ticket);
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        if (is_there[i]) {
            shot_wait(&shots[i]);
            judge(&shots[i], was_cancelled[i]);
        }
    }
}

static void *
use_all(void *context)
{
    unsigned number = *(const unsigned *)context;
    uint32_t seed = number;
    do {
        uint32_t dice = next_random(&seed) % 50;
        if (dice == 0) {
            struct fovea_pool_stats stats;
            if (!fovea_stats_read(scene.pool, &stats, NULL)) {
                fovea_pool_stats_finish(&stats);
            }
        } else if (dice == 1) {
            (void)!fovea_group_prewarm(groups[number % 3], NULL);
        } else if (dice == 2) {
            (void)fovea_group_has_workers(groups[number % 3]);
            (void)fovea_stats_reserved_bytes(scene.pool);
            (void)!fovea_group_check(groups[number % 3], NULL);
        } else {
            use(&seed, number);
        }
    } while (fovea_clock_ns() < until_ns);
    return NULL;
}

static void
many_threads_use_all_at_once(void **state)
{
    (void)state;
    const char *seconds = getenv("FOVEA_STRESS_SECONDS");
    int64_t time_ns =
            (seconds ? strtol(seconds, NULL, 10) : 2) * FOVEA_NS_PER_S;
    scene.settings.max_workers = 2;
    scene.settings.max_queue = 100;
    scene.settings.recycle_after = 500;
    scene_open(&scene);
    for (unsigned i = 0; i < 3; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "model%u", i);
        groups[i] = scene_group(&scene, name, NULL);
    }
    atomic_store(&n_right, 0);
    atomic_store(&n_wrong, 0);
    until_ns = fovea_clock_ns() + time_ns;
    pthread_t threads[N_THREADS];
    unsigned numbers[N_THREADS];
    for (unsigned i = 0; i < N_THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(
                pthread_create(&threads[i], NULL, use_all, &numbers[i]), 0);
    }
    for (unsigned i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        fovea_group_close(groups[i]);
    }
    scene_close(&scene);
    print_message("# %u right\n", atomic_load(&n_right));
    assert_int_equal(atomic_load(&n_wrong), 0);
    assert_true(atomic_load(&n_right) > 0);
}

SCENE_MAIN(NULL, SCENE_TEST(faults_of_all_kinds_lose_no_image),
        SCENE_TEST(many_threads_use_all_at_once))
