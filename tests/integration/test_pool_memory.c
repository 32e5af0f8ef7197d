/* Workers go when they are idle, when memory is short, when nobody wants them
   any more; and what they had is back then. */
#include <dirent.h>

#include "support/scene.h"

static struct scene scene;

static void
expect_good(struct fovea_group *group)
{
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, group);
}

static void
wait_reserved(uint64_t bytes)
{
    int64_t until = fovea_clock_ns() + SCENE_PATIENCE_NS;
    while (fovea_stats_reserved_bytes(scene.pool) != bytes &&
            fovea_clock_ns() < until) {
        sleep_ns(FOVEA_NS_PER_MS);
    }
    assert_int_equal(fovea_stats_reserved_bytes(scene.pool), bytes);
}

/* How often the pool's thread has gone to sleep. */
static unsigned long
count_sleeps(void)
{
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    unsigned long n = 0;
    for (const struct dirent *entry; (entry = readdir(tasks));) {
        char path[300];
        char line[128];
        bool is_pool = false;
        (void)snprintf(path, sizeof path, "/proc/self/task/%s/status",
                entry->d_name);
        FILE *file = fopen(path, "re");
        while (file && fgets(line, sizeof line, file)) {
            is_pool = is_pool || strcmp(line, "Name:\tfovea-pool\n") == 0;
            if (is_pool && strncmp(line, "voluntary_ctxt", 14) == 0) {
                n += strtoul(strchr(line, ':') + 1, NULL, 10);
            }
        }
        if (file) {
            (void)fclose(file);
        }
    }
    (void)closedir(tasks);
    return n;
}

/* Without workers and images there is nothing to wake up for. */
static void
without_work_the_pool_sleeps(void **state)
{
    (void)state;
    scene.settings.idle_ns = 50 * FOVEA_NS_PER_MS;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot.deadline_ns = fovea_clock_ns() + SCENE_PATIENCE_NS;
    shot_expect_good(&shot, group);
    scene_wait_stops(&scene, FOVEA_STOP_IDLE, 2);
    wait_reserved(0);
    /* It falls asleep at its own pace; then nothing that comes round each
       second wakes it. */
    int64_t until = fovea_clock_ns() + SCENE_PATIENCE_NS;
    unsigned long before = 0;
    do {
        assert_true(fovea_clock_ns() < until);
        before = count_sleeps();
        assert_true(before > 0);
        sleep_ns(1500 * FOVEA_NS_PER_MS);
    } while (count_sleeps() != before);
    fovea_group_close(group);
}

/* To nothing, and back again. */
static void
idle_workers_end_and_come_back(void **state)
{
    (void)state;
    scene.settings.idle_ns = 200 * FOVEA_NS_PER_MS;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    expect_good(group);
    scene_wait_stops(&scene, FOVEA_STOP_IDLE, 2);
    wait_reserved(0);
    assert_false(fovea_group_has_workers(group));
    /* The weights went with the last one. */
    while (count_fds() != scene.n_fds + 2) {
        sleep_ns(FOVEA_NS_PER_MS);
    }
    expect_good(group);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_COLD_START), 2);
    fovea_group_close(group);
}

/* READY lasts for a second, in which this thread may not come to look. */
static void
expect_good_and_ready(struct fovea_group *group)
{
    int64_t until = fovea_clock_ns() + SCENE_PATIENCE_NS;
    do {
        assert_true(fovea_clock_ns() < until);
        expect_good(group);
        scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 0);
    } while (scene_count_workers(&scene, FOVEA_WORKER_READY) != 1);
}

static void
a_ready_worker_becomes_idle(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    expect_good_and_ready(group);
    scene_wait_workers(&scene, FOVEA_WORKER_IDLE, 1);
    expect_good_and_ready(group);
    fovea_group_close(group);
}

/* The one that nobody used for longest goes first. */
static void
the_longest_unused_makes_room(void **state)
{
    (void)state;
    /* For two models with a worker each, which take 150 MiB while they load
       and 50 and a bit after. */
    scene.settings.max_workers = 1;
    scene.settings.memory_limit_bytes = 220 * SCENE_MIB;
    scene_open(&scene);
    struct fovea_group *first = scene_group(&scene, "first", NULL);
    struct fovea_group *second = scene_group(&scene, "second", NULL);
    struct fovea_group *third = scene_group(&scene, "third", NULL);
    expect_good(first);
    expect_good(second);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STOPPED), 0);
    struct fovea_error error;
    assert_ok(fovea_group_check(third, &error), &error);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STOPPED), 0);
    expect_good(third);
    scene_wait_stops(&scene, FOVEA_STOP_MEMORY, 1);
    assert_false(fovea_group_has_workers(first));
    assert_true(fovea_group_has_workers(second));
    assert_true(fovea_group_has_workers(third));
    expect_good(first);
    scene_wait_stops(&scene, FOVEA_STOP_MEMORY, 2);
    assert_false(fovea_group_has_workers(second));
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_START_REFUSED), 0);
    fovea_group_close(first);
    fovea_group_close(second);
    fovea_group_close(third);
}

/* A worker with an image in flight stays; who wants its memory waits. */
static void
busy_workers_stay(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene.settings.memory_limit_bytes = 170 * SCENE_MIB;
    scene_open(&scene);
    struct fovea_group *first = scene_group(&scene, "first", NULL);
    struct fovea_group *second = scene_group(&scene, "second", NULL);
    struct shot slow;
    struct fovea_error error;
    shot_init(&slow, &scene, "held go");
    assert_ok(shot_submit(&slow, first, &error), &error);
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 1);
    assert_ok(fovea_group_check(first, &error), &error);
    assert_ok(fovea_group_check(second, &error), &error);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    assert_ok(shot_submit(&shot, second, &error), &error);
    scene_let_go(&scene, "go");
    shot_check_good(&slow);
    shot_check_good(&shot);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_START_REFUSED), 0);
    scene_wait_stops(&scene, FOVEA_STOP_MEMORY, 1);
    fovea_group_close(first);
    fovea_group_close(second);
}

/* Not all of them together would be enough: so none has to go. */
static void
nobody_goes_in_vain(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    struct fovea_group *first = scene_group(&scene, "first", NULL);
    expect_good(first);
    scene_set_memory(&scene, 8192, 60);
    struct fovea_group *second = scene_group(&scene, "second", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect(&shot, second, FOVEA_ERR_MEMORY_EXHAUSTED, "Need 150 MB");
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STOPPED), 0);
    assert_true(fovea_group_has_workers(first));
    fovea_group_close(first);
    fovea_group_close(second);
}

/* High: nobody is added. Critical: the idle ones go. */
static void
under_pressure_idle_workers_go(void **state)
{
    (void)state;
    scene.settings.max_workers = 4;
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
    scene_set_memory(&scene, 8192, 8192 / 5);
    assert_string_equal(scene_wait_event(&scene, FOVEA_EVENT_PRESSURE, 1),
            fovea_pressure_name(FOVEA_PRESSURE_HIGH));
    static struct shot shots[8];
    for (unsigned i = 0; i < 8; i++) {
        shot_init(&shots[i], &scene, "slow 50\n%u", i);
        assert_ok(shot_submit(&shots[i], group, &error), &error);
    }
    for (unsigned i = 0; i < 8; i++) {
        shot_check_good(&shots[i]);
    }
    assert_int_equal(scene_count_live(&scene), 2);
    assert_fails(fovea_group_prewarm(group, &error), &error,
            FOVEA_ERR_MEMORY_EXHAUSTED, "memory is short");
    scene_set_memory(&scene, 8192, 8192 / 10);
    scene_wait_stops(&scene, FOVEA_STOP_MEMORY, 2);
    wait_reserved(0);
    /* What is wanted is started all the same, as far as there is memory. */
    expect_good(group);
    fovea_group_close(group);
}

static void
workers_are_recycled(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene.settings.recycle_after = 5;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    for (unsigned i = 0; i < 12; i++) {
        expect_good(group);
    }
    scene_wait_stops(&scene, FOVEA_STOP_RECYCLED, 2);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STARTED), 3);
    fovea_group_close(group);
}

/* The queue is served, then the workers go; opened again it starts anew. */
static void
a_closed_model_ends_its_workers(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct fovea_group *other = scene_group(&scene, "other", NULL);
    static struct shot shots[20];
    struct fovea_error error;
    for (unsigned i = 0; i < 20; i++) {
        shot_init(&shots[i], &scene, "slow 5\n%u", i);
        assert_ok(shot_submit(&shots[i], group, &error), &error);
    }
    expect_good(other);
    fovea_group_close(group);
    for (unsigned i = 0; i < 20; i++) {
        shot_check_good(&shots[i]);
    }
    scene_wait_stops(&scene, FOVEA_STOP_MODEL, 1);
    assert_int_equal(scene_count_live(&scene), 1);
    wait_reserved(FAKE_SHARED_BYTES + 50 * SCENE_MIB);
    group = scene_group(&scene, "one", NULL);
    expect_good(group);
    fovea_group_close(group);
    fovea_group_close(other);
}

/* Closed while its workers load, with nothing to do for them. */
static void
a_model_may_be_closed_while_it_loads(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", "hang");
    struct shot shot;
    struct fovea_error error;
    shot_init(&shot, &scene, "vector");
    assert_ok(shot_submit(&shot, group, &error), &error);
    (void)scene_wait_event(&scene, FOVEA_EVENT_WORKER_STARTED, 2);
    fovea_group_cancel(group, shot.ticket);
    shot_check(&shot, FOVEA_ERR_CANCELLED, "");
    fovea_group_close(group);
    scene_wait_stops(&scene, FOVEA_STOP_MODEL, 2);
    wait_reserved(0);
}

static void
stats_say_what_happened(void **state)
{
    (void)state;
    scene.settings.max_workers = 2;
    scene_open(&scene);
    struct fovea_pool_stats stats;
    struct fovea_error error;
    assert_ok(fovea_stats_read(scene.pool, &stats, &error), &error);
    assert_int_equal(stats.n_models, 0);
    assert_int_equal(stats.n_workers, 0);
    assert_int_equal(stats.memory_total_bytes, UINT64_C(8192) * SCENE_MIB);
    fovea_pool_stats_finish(&stats);

    struct fovea_group *group = scene_group(&scene, "one", NULL);
    expect_good(group);
    (void)scene_wait_event(&scene, FOVEA_EVENT_WORKER_READY, 2);
    assert_ok(fovea_stats_read(scene.pool, &stats, &error), &error);
    assert_int_equal(stats.n_models, 1);
    assert_string_equal(stats.models[0].key, "one");
    assert_int_equal(stats.models[0].n_submitted, 1);
    assert_int_equal(stats.models[0].n_embedded, 1);
    assert_int_equal(stats.models[0].n_failed, 0);
    assert_int_equal(stats.models[0].n_cold_starts, 1);
    assert_int_equal(stats.models[0].n_workers, 2);
    assert_int_equal(stats.models[0].shared_bytes, FAKE_SHARED_BYTES);
    assert_int_equal(stats.n_workers, 2);
    uint64_t pss = 0;
    for (unsigned i = 0; i < 2; i++) {
        const struct fovea_worker_stats *worker = &stats.workers[i];
        assert_string_equal(worker->model_key, "one");
        assert_true(worker->pid > 0);
        assert_true(worker->sandboxed);
        assert_true(worker->age_ns >= worker->ready_after_ns);
        assert_true(worker->ready_after_ns > 0);
        assert_int_equal(worker->reserved_bytes, 50 * SCENE_MIB);
        pss += worker->pss_bytes;
    }
    assert_int_equal(stats.memory_pss_bytes, pss);
    assert_true(pss > 0);
    fovea_pool_stats_finish(&stats);
    fovea_group_close(group);
}

/* What codecs leaked is missing from what a worker may have: one that has done
   many images and has no memory for another is replaced; one that has not, or
   that was refused some, is not. */
static void
a_worn_worker_is_replaced(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "starved");
    shot_expect(&shot, group, FOVEA_ERR_NO_MEMORY, "no memory");
    shot_init(&shot, &scene, "vector");
    for (unsigned i = 0; i < 98; i++) {
        shot_expect_good(&shot, group);
    }
    assert_int_equal(scene_count_stops(&scene, FOVEA_STOP_RECYCLED), 0);
    shot_init(&shot, &scene, "starved");
    shot_expect(&shot, group, FOVEA_ERR_NO_MEMORY, "no memory");
    scene_wait_stops(&scene, FOVEA_STOP_RECYCLED, 1);
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, group);
    fovea_group_close(group);
}

SCENE_MAIN(NULL, SCENE_TEST(without_work_the_pool_sleeps),
        SCENE_TEST(idle_workers_end_and_come_back),
        SCENE_TEST(a_ready_worker_becomes_idle),
        SCENE_TEST(the_longest_unused_makes_room),
        SCENE_TEST(busy_workers_stay), SCENE_TEST(nobody_goes_in_vain),
        SCENE_TEST(under_pressure_idle_workers_go),
        SCENE_TEST(workers_are_recycled),
        SCENE_TEST(a_closed_model_ends_its_workers),
        SCENE_TEST(a_model_may_be_closed_while_it_loads),
        SCENE_TEST(stats_say_what_happened),
        SCENE_TEST(a_worn_worker_is_replaced))
