/*
 * A worse day: 2,000 images while somebody kills, ends and stops workers, with
 * three poisonous pictures among them, and three more when all is quiet. Every
 * good image gets its vector or is told that its workers were killed; none is
 * quarantined or refused.
 *
 * Signals come by what was done, not by the clock: between two of them at least
 * N_EACH images were embedded. FOVEA_STRESS_SECONDS, if it is set, makes it
 * longer: 1,000 images a second of it.
 */
#include <signal.h>

#include "support/scene.h"

enum {
    N_IMAGES = 2000,
    N_WINDOW = 200, /* submitted and not answered */
    N_EACH = 60,
    N_POISONS = 3,
};

static const char *const poisons[N_POISONS] = { "crash", "hang", "garbage" };

static struct scene scene;
static uint32_t seed = 7;
static unsigned n_signals;
static uint64_t next_signal; /* when so many were embedded */

/* Repeatable, and good enough to be unfair. */
static uint32_t
next_random(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

/* At any worker, whatever it is at, if it is time. */
static void
shoot(void)
{
    static const int signals[] = { SIGKILL, SIGTERM, SIGSTOP };
    struct fovea_pool_stats stats;
    struct fovea_error error;
    assert_ok(fovea_stats_read(scene.pool, &stats, &error), &error);
    if (stats.n_workers > 0 && stats.models[0].n_embedded >= next_signal) {
        size_t i = next_random() % stats.n_workers;
        int number = signals[next_random() % 3];
        if (stats.workers[i].pid > 0 &&
                kill((pid_t)stats.workers[i].pid, number) == 0) {
            n_signals++;
            next_signal = stats.models[0].n_embedded + N_EACH;
        }
    }
    fovea_pool_stats_finish(&stats);
}

static unsigned
choose_number(void)
{
    const char *seconds = getenv("FOVEA_STRESS_SECONDS");
    long n = seconds ? strtol(seconds, NULL, 10) * 1000 : 0;
    return n > N_IMAGES ? (unsigned)n : N_IMAGES;
}

/* NULL: it is a good one. */
static const char *
poison_at(unsigned i, unsigned n)
{
    for (unsigned k = 0; k < N_POISONS; k++) {
        if (i == (k + 1) * n / (N_POISONS + 1)) {
            return poisons[k];
        }
    }
    return NULL;
}

static void
expect_poison(struct shot *shot)
{
    shot_wait(shot);
    enum fovea_status status = shot->result.code;
    assert_true(status == FOVEA_ERR_WORKER_CRASHED ||
            status == FOVEA_ERR_WORKER_TIMEOUT ||
            status == FOVEA_ERR_WORKER_KILLED);
}

/* What came of them all: how many workers were killed too often. */
static unsigned
judge(struct shot *shots, unsigned n)
{
    unsigned n_killed = 0;
    for (unsigned i = 0; i < n; i++) {
        if (poison_at(i, n)) {
            expect_poison(&shots[i]);
            continue;
        }
        shot_wait(&shots[i]);
        if (shots[i].result.code == FOVEA_ERR_WORKER_KILLED) {
            n_killed++;
        } else {
            shot_check_good(&shots[i]);
        }
        assert_int_equal(shot_answers(&shots[i]), 1);
    }
    return n_killed;
}

static void
nobody_is_quarantined_for_what_comes_from_outside(void **state)
{
    (void)state;
    scene.settings.max_workers = 4;
    scene.settings.image_ns = 2 * FOVEA_NS_PER_S;
    scene.settings.load_ns = 2 * FOVEA_NS_PER_S; /* some are stopped then */
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct fovea_error error;
    unsigned n = choose_number();
    struct shot *shots = calloc(n, sizeof *shots);
    assert_non_null(shots);
    for (unsigned i = 0; i < n; i++) {
        const char *poison = poison_at(i, n);
        if (i >= N_WINDOW) {
            shot_wait(&shots[i - N_WINDOW]);
            shoot();
        }
        shot_init(&shots[i], &scene, "%s\n%u", poison ? poison : "slow 1", i);
        shots[i].is_batch = i % 3 != 0;
        assert_ok(shot_submit(&shots[i], group, &error), &error);
    }
    unsigned n_killed = judge(shots, n);
    /* And when all is quiet. */
    for (unsigned i = 0; i < N_POISONS; i++) {
        static struct shot shot;
        shot_init(&shot, &scene, "%s\nquiet", poisons[i]);
        assert_ok(shot_submit(&shot, group, &error), &error);
        expect_poison(&shot);
        assert_ok(fovea_group_check(group, &error), &error);
        shot_init(&shot, &scene, "vector %u", i);
        shot_expect_good(&shot, group);
    }
    struct fovea_pool_stats stats;
    assert_ok(fovea_stats_read(scene.pool, &stats, &error), &error);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_BREAKER), 0);
    assert_true(stats.n_quarantined <= 2 * N_POISONS);
    assert_true(n_signals > 0);
    print_message("# %u images, %u signals, %u answered with worker_killed, "
                  "%u in quarantine\n",
            n, n_signals, n_killed, stats.n_quarantined);
    fovea_pool_stats_finish(&stats);
    fovea_group_close(group);
    scene_close(&scene);
    free(shots);
}

SCENE_MAIN(NULL, SCENE_TEST(nobody_is_quarantined_for_what_comes_from_outside))
