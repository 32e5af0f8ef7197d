/*
 * Whose fault it is, and what follows: an image that ends workers is refused
 * and harms nobody else; a signal from outside is nobody's fault; an
 * installation that cannot embed anything is told from images that cannot be.
 */
#include <signal.h>

#include "pool/blame.h"
#include "support/scene.h"

static struct scene scene;

static void
prepare(void)
{
    scene.settings.max_workers = 2;
}

static void
expect_good(struct fovea_group *group)
{
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, group);
}

static unsigned
count_quarantined(void)
{
    struct fovea_pool_stats stats;
    struct fovea_error error;
    assert_ok(fovea_stats_read(scene.pool, &stats, &error), &error);
    unsigned n = stats.n_quarantined;
    fovea_pool_stats_finish(&stats);
    return n;
}

enum {
    N_POISONS = 3
};

/* Twice as many ends of workers as open the breaker, were they its business. */
static void
poison_on_an_idle_server_refuses_nobody(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct fovea_error error;
    for (unsigned i = 0; i < N_POISONS; i++) {
        struct shot shot;
        shot_init(&shot, &scene, "crash\n%u", i);
        shot_expect(&shot, group, FOVEA_ERR_WORKER_CRASHED,
                "the image ended two workers, the last by signal 11");
        assert_ok(fovea_group_check(group, &error), &error);
    }
    assert_int_equal(scene_count_stops(&scene, FOVEA_STOP_CRASHED),
            2 * N_POISONS);
    expect_good(group);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_BREAKER), 0);
    assert_int_equal(count_quarantined(), N_POISONS);
    fovea_group_close(group);
}

/* The poison crashes, hangs and talks nonsense; whoever came with it, before or
   after it, gets a vector. */
static void
poison_beside_good_traffic_refuses_nobody(void **state)
{
    (void)state;
    enum {
        N = 60
    };
    static const char *const words[] = { "crash", "hang", "garbage" };
    scene.settings.image_ns = 2 * FOVEA_NS_PER_S;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    static struct shot shots[N];
    for (unsigned i = 0; i < N; i++) {
        const char *word = i % 20 == 7 ? words[i / 20] : "vector";
        shot_init(&shots[i], &scene, "%s\n%u", word, i);
        shots[i].is_batch = i % 2;
        shot_must_submit(&shots[i], group);
    }
    for (unsigned i = 0; i < N; i++) {
        shot_wait(&shots[i]);
        if (i % 20 != 7) {
            shot_check_good(&shots[i]);
        } else {
            shot_check(&shots[i],
                    i / 20 == 1 ? FOVEA_ERR_WORKER_TIMEOUT
                                : FOVEA_ERR_WORKER_CRASHED,
                    "ended two workers");
        }
    }
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_BREAKER), 0);
    fovea_group_close(group);
}

/* Images that hold their workers up leave one of two to the others: what is
   tried again of them waits until the first is through. */
static void
isolated_items_leave_a_worker_to_the_others(void **state)
{
    (void)state;
    scene.settings.image_ns = 2 * FOVEA_NS_PER_S;
    scene_open(&scene);
    char directory[128];
    struct fovea_group_settings settings;
    struct fovea_group *group = NULL;
    struct fovea_error error;
    scene_group_settings(&scene, "one", directory, &settings);
    settings.max_batch = 1;
    assert_ok(fovea_group_open(scene.pool, &settings, &group, &error), &error);
    expect_good(group);
    (void)scene_wait_event(&scene, FOVEA_EVENT_WORKER_READY, 2);
    static struct shot hanging[2];
    for (unsigned i = 0; i < 2; i++) {
        shot_init(&hanging[i], &scene, "hang\n%u", i);
        shot_must_submit(&hanging[i], group);
    }
    static struct shot good;
    shot_init(&good, &scene, "vector");
    shot_must_submit(&good, group);
    unsigned last = 0;
    for (unsigned i = 0; i < 2; i++) {
        shot_check(&hanging[i], FOVEA_ERR_WORKER_TIMEOUT, "ended two workers");
        last = hanging[i].order > last ? hanging[i].order : last;
    }
    shot_check_good(&good);
    assert_true(good.order < last);
    fovea_group_close(group);
}

/* Every image ends its worker: after a row of them the canary shows that it is
   the worker. The breaker opens, and no image is held to be guilty. */
static void
a_broken_installation_is_found_out(void **state)
{
    (void)state;
    enum {
        N = 12
    };
    scene.settings.max_workers = 1;
    scene.settings.breaker_open_ns = 50 * FOVEA_NS_PER_MS;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", "images-crash");
    static struct shot shots[N];
    unsigned n_refused = 0;
    for (unsigned i = 0; i < N; i++) {
        shot_init(&shots[i], &scene, "vector %u", i);
        shot_must_submit(&shots[i], group);
    }
    for (unsigned i = 0; i < N; i++) {
        shot_wait(&shots[i]);
        n_refused += shots[i].result.code == FOVEA_ERR_CIRCUIT_OPEN;
        if (shots[i].result.code == FOVEA_ERR_CIRCUIT_OPEN) {
            assert_non_null(strstr(shots[i].result.message,
                    "with a picture that is known to be good: signal 11"));
        } else {
            assert_int_equal(shots[i].result.code, FOVEA_ERR_WORKER_CRASHED);
        }
    }
    assert_true(n_refused > 0);
    assert_string_equal(scene_wait_event(&scene, FOVEA_EVENT_BREAKER, 1),
            fovea_breaker_state_name(FOVEA_BREAKER_OPEN));
    assert_int_equal(count_quarantined(), 0);
    /* Mended: all of them are good, those too that were in quarantine. */
    scene_write(&scene, "one/load", NULL);
    int64_t until = fovea_clock_ns() + SCENE_PATIENCE_NS;
    struct fovea_error error;
    while (shot_submit(&shots[0], group, &error) && fovea_clock_ns() < until) {
        sleep_ns(FOVEA_NS_PER_MS);
    }
    shot_check_good(&shots[0]);
    for (unsigned i = 1; i < N; i++) {
        shot_expect_good(&shots[i], group);
    }
    fovea_group_close(group);
}

/* A worker that an image damaged ends with whatever comes next. It is not asked
   whether the installation is well: poison is poison after that, too. */
static void
a_damaged_worker_releases_nobody(void **state)
{
    (void)state;
    enum {
        N = 5
    };
    scene.settings.max_workers = N;
    scene_open(&scene);
    char directory[128];
    struct fovea_group_settings settings;
    struct fovea_group *group = NULL;
    struct fovea_error error;
    scene_group_settings(&scene, "one", directory, &settings);
    settings.max_batch = 1;
    assert_ok(fovea_group_open(scene.pool, &settings, &group, &error), &error);
    do {
        assert_ok(fovea_group_prewarm(group, &error), &error);
    } while (scene_count_live(&scene) < N);
    static struct shot shots[N];
    for (unsigned i = 0; i < N; i++) {
        shot_init(&shots[i], &scene, "%s\nheld %s", i ? "vector" : "spoil",
                i ? "go" : "spoil");
        shot_must_submit(&shots[i], group);
    }
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, N);
    scene_let_go(&scene, "spoil");
    shot_check_good(&shots[0]); /* its worker is the last to be taken now */
    scene_let_go(&scene, "go");
    for (unsigned i = 1; i < N; i++) {
        shot_check_good(&shots[i]);
    }
    for (unsigned i = 0; i < FOVEA_TRIAL_AFTER_FAULTS / 2; i++) {
        struct shot shot;
        shot_init(&shot, &scene, "crash\n%u", i);
        shot_expect(&shot, group, FOVEA_ERR_WORKER_CRASHED,
                "ended two workers");
    }
    expect_good(group);
    scene_wait_stops(&scene, FOVEA_STOP_CRASHED, FOVEA_TRIAL_AFTER_FAULTS + 1);
    assert_int_equal(count_quarantined(), FOVEA_TRIAL_AFTER_FAULTS / 2);
    fovea_group_close(group);
}

static const struct {
    const char *text;
    enum fovea_stop_reason reason;
    enum fovea_status status;
    unsigned n_workers;
    const char *part;
} ends[] = {
    { "signal 9", FOVEA_STOP_KILLED, FOVEA_ERR_WORKER_KILLED, FOVEA_KILLS_MAX,
            "ended from outside, the last by signal 9 (SIGKILL)" },
    { "signal 15", FOVEA_STOP_KILLED, FOVEA_ERR_WORKER_KILLED, FOVEA_KILLS_MAX,
            "ended from outside, the last by signal 15 (SIGTERM)" },
    { "signal 19", FOVEA_STOP_KILLED, FOVEA_ERR_WORKER_KILLED, FOVEA_KILLS_MAX,
            "the last by somebody who stopped it (SIGSTOP)" },
    { "signal 24", FOVEA_STOP_KILLED, FOVEA_ERR_WORKER_KILLED, FOVEA_KILLS_MAX,
            "(SIGXCPU)" },
    { "oom", FOVEA_STOP_OOM, FOVEA_ERR_WORKER_KILLED, FOVEA_KILLS_MAX,
            "the last by the kernel, for lack of memory" },
    { "signal 6", FOVEA_STOP_CRASHED, FOVEA_ERR_WORKER_CRASHED, 2,
            "the last by signal 6 (SIGABRT)" },
    { "signal 31", FOVEA_STOP_CRASHED, FOVEA_ERR_WORKER_CRASHED, 2,
            "the last by signal 31 (SIGSYS)" },
    { "exit 3", FOVEA_STOP_EXITED, FOVEA_ERR_WORKER_CRASHED, 2,
            "the last by exit code 3" },
};

/* Only what an image brought upon its workers is held against it. */
static void
only_its_own_doing_quarantines_an_image(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene.settings.image_ns = FOVEA_NS_PER_S;
    scene_write(&scene, "proc/vmstat", "oom_kill 7\n");
    scene_open(&scene);
    unsigned n_quarantined = 0;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "model%zu", i);
        struct fovea_group *group = scene_group(&scene, name, NULL);
        unsigned n = scene_count_stops(&scene, ends[i].reason);
        struct shot shot;
        struct fovea_error error;
        shot_init(&shot, &scene, "%s", ends[i].text);
        shot_expect(&shot, group, ends[i].status, ends[i].part);
        scene_wait_stops(&scene, ends[i].reason, n + ends[i].n_workers);
        assert_int_equal(scene_count_stops(&scene, ends[i].reason),
                n + ends[i].n_workers);
        enum fovea_status again = shot_submit(&shot, group, &error);
        bool is_guilty = ends[i].status == FOVEA_ERR_WORKER_CRASHED;
        assert_int_equal(again, is_guilty ? FOVEA_ERR_WORKER_CRASHED : 0);
        if (!is_guilty) {
            fovea_group_cancel(group, shot.ticket);
            shot_wait(&shot);
        }
        n_quarantined += is_guilty;
        assert_int_equal(count_quarantined(), n_quarantined);
        expect_good(group);
        fovea_group_close(group);
    }
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_BREAKER), 0);
}

/* With nothing in flight there is no image to blame, and no start that failed. */
static void
ends_of_idle_workers_do_not_add_up(void **state)
{
    (void)state;
    enum {
        N = 8
    };
    scene.settings.max_workers = 1;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    for (unsigned i = 0; i < N; i++) {
        expect_good(group);
        assert_int_equal(kill(scene_resting_worker(&scene), SIGABRT), 0);
        scene_wait_stops(&scene, FOVEA_STOP_CRASHED, i + 1);
    }
    expect_good(group);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_BREAKER), 0);
    fovea_group_close(group);
}

/* Where every worker is killed while it starts, somebody must be told. */
static void
starts_that_are_killed_open_the_breaker(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", "kill");
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect(&shot, group, FOVEA_ERR_CIRCUIT_OPEN, "signal 9 (SIGKILL)");
    assert_int_equal(scene_count_stops(&scene, FOVEA_STOP_KILLED), 5);
    fovea_group_close(group);
}

static void
quarantine_ends(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    struct fovea_error error;
    shot_init(&shot, &scene, "crash");
    shot_expect(&shot, group, FOVEA_ERR_WORKER_CRASHED, "ended two workers");
    assert_int_equal(count_quarantined(), 1);
    assert_fails(shot_submit(&shot, group, &error), &error,
            FOVEA_ERR_WORKER_CRASHED, "; it is not tried again for 3600 s");
    fovea_group_close(group);
    scene_close(&scene);

    scene.settings.quarantine_ns = 1;
    scene_open(&scene);
    group = scene_group(&scene, "one", NULL);
    shot_expect(&shot, group, FOVEA_ERR_WORKER_CRASHED, "ended two workers");
    assert_int_equal(count_quarantined(), 0);
    shot_expect(&shot, group, FOVEA_ERR_WORKER_CRASHED, "ended two workers");
    fovea_group_close(group);
}

SCENE_MAIN(prepare, SCENE_TEST(poison_on_an_idle_server_refuses_nobody),
        SCENE_TEST(poison_beside_good_traffic_refuses_nobody),
        SCENE_TEST(isolated_items_leave_a_worker_to_the_others),
        SCENE_TEST(a_broken_installation_is_found_out),
        SCENE_TEST(a_damaged_worker_releases_nobody),
        SCENE_TEST(only_its_own_doing_quarantines_an_image),
        SCENE_TEST(ends_of_idle_workers_do_not_add_up),
        SCENE_TEST(starts_that_are_killed_open_the_breaker),
        SCENE_TEST(quarantine_ends))
