/* Memory for single images: granted one after the other, refused for good, and
   given back whatever becomes of the worker. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/scene.h"

enum {
    LIMIT_MIB = 400,
    WORKER_MIB = 50 /* as scene_group() has it; its weights are small */
};

static struct scene scene;

static void
prepare(void)
{
    scene.settings.max_workers = 2;
    scene.settings.memory_limit_bytes = LIMIT_MIB * SCENE_MIB;
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

/* A model with all the workers that it may have, ready, and what is reserved
   for everybody then. */
static struct fovea_group *
ready_model(const char *name, uint64_t *reserved_out)
{
    unsigned n_before = scene_count_live(&scene);
    unsigned n = n_before + scene.settings.max_workers;
    struct fovea_group *group = scene_group(&scene, name, NULL);
    struct fovea_error error;
    do {
        assert_ok(fovea_group_prewarm(group, &error), &error);
    } while (scene_count_live(&scene) < n);
    scene_wait_event(&scene, FOVEA_EVENT_WORKER_READY, n);
    /* Their weights are a page or two. */
    *reserved_out = fovea_stats_reserved_bytes(scene.pool);
    assert_int_equal(*reserved_out / SCENE_MIB, n * WORKER_MIB);
    return group;
}

/* An image that asks for so much and, with a name, holds it until let_go(). */
static void
needy(struct shot *shot, unsigned mib, const char *name)
{
    char path[128];
    if (!name) {
        shot_init(shot, &scene, "vector\nneed %llu",
                (unsigned long long)(mib * SCENE_MIB));
        return;
    }
    (void)snprintf(path, sizeof path, "%s/%s", scene.directory, name);
    assert_int_equal(mkfifo(path, 0600), 0);
    shot_init(shot, &scene, "vector\nneed %llu\nheld %s",
            (unsigned long long)(mib * SCENE_MIB), path);
}

/* Wait until a worker holds what it was granted; the end to close. */
static int
wait_held(const char *name)
{
    int fd = open(name, O_WRONLY | O_CLOEXEC); /* waits for the reader */
    assert_true(fd >= 0);
    return fd;
}

static void
memory_is_granted_and_released(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    uint64_t reserved = 0;
    struct fovea_group *group = ready_model("one", &reserved);
    struct shot shot;
    needy(&shot, 200, "gate");
    shot_must_submit(&shot, group);
    int gate = wait_held("gate");
    assert_int_equal(fovea_stats_reserved_bytes(scene.pool),
            reserved + 200 * SCENE_MIB);
    (void)close(gate);
    shot_check_good(&shot);
    assert_int_equal(fovea_stats_reserved_bytes(scene.pool), reserved);
    fovea_group_close(group);
}

static void
grants_come_one_after_the_other(void **state)
{
    (void)state;
    scene_open(&scene);
    uint64_t reserved = 0;
    struct fovea_group *group = ready_model("one", &reserved);
    struct shot first;
    struct shot second;
    needy(&first, 200, "first");
    needy(&second, 200, "second");
    shot_must_submit(&first, group);
    int gate = wait_held("first");
    shot_must_submit(&second, group);
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 2);
    assert_int_equal(fovea_stats_reserved_bytes(scene.pool),
            reserved + 200 * SCENE_MIB);
    assert_int_equal(shot_answers(&second), 0);
    (void)close(gate);
    shot_check_good(&first);
    gate = wait_held("second");
    assert_int_equal(fovea_stats_reserved_bytes(scene.pool),
            reserved + 200 * SCENE_MIB);
    (void)close(gate);
    shot_check_good(&second);
    assert_int_equal(fovea_stats_reserved_bytes(scene.pool), reserved);
    assert_int_equal(scene_count_live(&scene), 2);
    fovea_group_close(group);
}

/* Before others, and without a word of the worker's that it was wrong. */
static void
what_never_fits_is_refused_at_once(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    uint64_t reserved = 0;
    struct fovea_group *group = ready_model("one", &reserved);
    struct shot shot;
    needy(&shot, LIMIT_MIB - WORKER_MIB + 1, NULL);
    shot_must_submit(&shot, group);
    shot_check(&shot, FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY,
            "takes 359 MB, and beside its worker the limit leaves 357 MB "
            "(--memory-limit, fovea_options.memory_limit_bytes)");
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, group);
    assert_int_equal(scene_count_live(&scene), 1);
    assert_int_equal(fovea_stats_reserved_bytes(scene.pool), reserved);
    fovea_group_close(group);
}

/* Workers of other models end for it, and those of its own. */
static void
idle_workers_make_room(void **state)
{
    (void)state;
    scene_open(&scene);
    uint64_t reserved = 0;
    struct fovea_group *other = ready_model("other", &reserved);
    struct fovea_group *group = ready_model("one", &reserved);
    struct shot shot;
    needy(&shot, LIMIT_MIB - WORKER_MIB - 1, NULL);
    shot_expect_good(&shot, group);
    scene_wait_stops(&scene, FOVEA_STOP_MEMORY, 3);
    assert_int_equal(scene_count_live(&scene), 1);
    assert_true(fovea_group_has_workers(group));
    fovea_group_close(group);
    fovea_group_close(other);
}

/* Not more than are needed. */
static void
no_more_workers_end_than_must(void **state)
{
    (void)state;
    scene_open(&scene);
    uint64_t reserved = 0;
    struct fovea_group *group = ready_model("one", &reserved);
    struct shot shot;
    needy(&shot, LIMIT_MIB - 2 * WORKER_MIB - 1, NULL);
    shot_expect_good(&shot, group);
    assert_int_equal(scene_count_live(&scene), 2);
    fovea_group_close(group);
}

/* Another model's cold start waits for what is granted, too. */
static void
a_cold_start_waits(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    uint64_t reserved = 0;
    struct fovea_group *group = ready_model("one", &reserved);
    struct fovea_group *other = scene_group(&scene, "other", NULL);
    struct shot shot;
    struct shot next;
    needy(&shot, 300, "gate");
    shot_must_submit(&shot, group);
    int gate = wait_held("gate");
    shot_init(&next, &scene, "vector");
    shot_must_submit(&next, other);
    struct shot probe; /* a round of the pool's later */
    shot_init(&probe, &scene, "bad");
    shot_must_submit(&probe, other);
    assert_int_equal(shot_answers(&next), 0);
    (void)close(gate);
    shot_check_good(&shot);
    shot_check_good(&next);
    shot_check(&probe, FOVEA_ERR_NOT_AN_IMAGE, "");
    fovea_group_close(group);
    fovea_group_close(other);
}

static void
a_deadline_ends_the_waiting(void **state)
{
    (void)state;
    scene_open(&scene);
    uint64_t reserved = 0;
    struct fovea_group *group = ready_model("one", &reserved);
    struct shot first;
    struct shot second;
    struct shot third;
    needy(&first, 200, "first");
    needy(&second, 200, NULL);
    shot_must_submit(&first, group);
    int gate = wait_held("first");
    second.deadline_ns = fovea_clock_ns() + 50 * FOVEA_NS_PER_MS;
    shot_must_submit(&second, group);
    shot_check(&second, FOVEA_ERR_DEADLINE, "deadline");
    /* Its worker goes on with others. */
    shot_init(&third, &scene, "vector");
    shot_expect_good(&third, group);
    assert_int_equal(shot_answers(&first), 0);
    needy(&second, 200, NULL);
    shot_must_submit(&second, group);
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 2);
    fovea_group_cancel(group, second.ticket);
    shot_check(&second, FOVEA_ERR_CANCELLED, "cancelled");
    shot_expect_good(&third, group);
    (void)close(gate);
    shot_check_good(&first);
    assert_int_equal(scene_count_live(&scene), 2);
    fovea_group_close(group);
}

/* The time that an image may take is its own, not that of others. What it waits
   for here is the machine's memory, as long as somebody is there who may give
   some back: a worker that never gets ready. */
static void
waiting_is_no_hanging(void **state)
{
    (void)state;
    scene.settings.image_ns = 200 * FOVEA_NS_PER_MS;
    scene.settings.drain_ns = 0;
    scene.settings.max_workers = 1;
    scene.settings.memory_limit_bytes = 0;
    scene_set_memory(&scene, 1600, 1500);
    scene_open(&scene);
    uint64_t reserved = 0;
    struct fovea_group *group = ready_model("one", &reserved);
    struct fovea_group *other = scene_group(&scene, "other", "hang");
    static struct shot loading; /* answered when all is closed */
    static struct shot shot;
    shot_init(&loading, &scene, "vector");
    shot_must_submit(&loading, other);
    scene_wait_workers(&scene, FOVEA_WORKER_LOADING, 1);
    scene_set_memory(&scene, 1600, 900);
    sleep_ns(200 * FOVEA_NS_PER_MS); /* what the pool knows is out of date */
    needy(&shot, 1000, NULL);
    shot_must_submit(&shot, group);
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 1);
    sleep_ns(3 * scene.settings.image_ns);
    assert_int_equal(shot_answers(&shot), 0);
    scene_set_memory(&scene, 1600, 1590);
    shot_check_good(&shot);
    assert_int_equal(scene_count_stops(&scene, FOVEA_STOP_IMAGE_TIMEOUT), 0);
    fovea_group_close(group);
    fovea_group_close(other);
}

/* Where nobody is there who could make room it is said at once; it may be
   otherwise later. */
static void
short_memory_is_no_verdict(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene.settings.memory_limit_bytes = 0;
    scene_set_memory(&scene, 1600, 1500);
    scene_open(&scene);
    uint64_t reserved = 0;
    struct fovea_group *group = ready_model("one", &reserved);
    struct shot shot;
    scene_set_memory(&scene, 1600, 900);
    sleep_ns(200 * FOVEA_NS_PER_MS); /* what the pool knows is out of date */
    needy(&shot, 1000, NULL);
    shot_must_submit(&shot, group);
    shot_check(&shot, FOVEA_ERR_NO_MEMORY,
            "takes 1008 MB, and only 908 MB are available");
    scene_set_memory(&scene, 1600, 1500);
    sleep_ns(200 * FOVEA_NS_PER_MS);
    shot_expect_good(&shot, group);
    fovea_group_close(group);
}

/* The grant comes back with the process. */
static void
a_worker_that_dies_releases_its_grant(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    uint64_t reserved = 0;
    struct fovea_group *group = ready_model("one", &reserved);
    struct shot shot;
    shot_init(&shot, &scene, "vector\nneed 104857600\ncrash");
    shot_must_submit(&shot, group);
    shot_check(&shot, FOVEA_ERR_WORKER_CRASHED, "ended two workers");
    fovea_group_close(group);
    wait_reserved(0);
}

static void
a_worker_that_is_killed_releases_its_grant(void **state)
{
    (void)state;
    scene.settings.image_ns = 200 * FOVEA_NS_PER_MS;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    uint64_t reserved = 0;
    struct fovea_group *group = ready_model("one", &reserved);
    struct shot shot;
    shot_init(&shot, &scene, "vector\nneed 104857600\nhang");
    shot_must_submit(&shot, group);
    shot_check(&shot, FOVEA_ERR_WORKER_TIMEOUT, "ended two workers");
    fovea_group_close(group);
    wait_reserved(0);
}

static void
closing_answers_one_that_waits(void **state)
{
    (void)state;
    scene.settings.drain_ns = 0;
    scene_open(&scene);
    uint64_t reserved = 0;
    struct fovea_group *group = ready_model("one", &reserved);
    struct shot first;
    struct shot second;
    needy(&first, 200, "first");
    needy(&second, 200, NULL);
    shot_must_submit(&first, group);
    int gate = wait_held("first");
    shot_must_submit(&second, group);
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 2);
    fovea_group_close(group);
    scene.n_fds++; /* the gate is ours */
    scene_close(&scene);
    shot_check(&first, FOVEA_ERR_SHUTTING_DOWN, "");
    shot_check(&second, FOVEA_ERR_SHUTTING_DOWN, "");
    (void)close(gate);
}

/* Its own lies end a worker; what it holds comes back. */
static void
a_worker_that_lies_ends(void **state)
{
    (void)state;
    static const char *const lies[][2] = {
        { "need 1000\nneed-twice", "NEED that makes no sense" },
        { "need 1000\nneed-wrong-index", "NEED that makes no sense" },
        { "need 9999999999", "NEED that makes no sense" },
        { "need 0", "NEED that makes no sense" },
        { "need 100000000000000000", "NEED that makes no sense" },
        { "need 4194304000\nneed-no-wait", "NEED that makes no sense" },
    };
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct shot shot;
        shot_init(&shot, &scene, "vector %zu\n%s", i, lies[i][0]);
        shot_must_submit(&shot, group);
        shot_check(&shot, FOVEA_ERR_WORKER_CRASHED, lies[i][1]);
        shot_init(&shot, &scene, "vector");
        shot_expect_good(&shot, group);
    }
    fovea_group_close(group);
    wait_reserved(0);
}

/* To say that an image is decoded that still waits for its memory. */
static void
a_worker_that_goes_ahead_ends(void **state)
{
    (void)state;
    scene_open(&scene);
    uint64_t reserved = 0;
    struct fovea_group *group = ready_model("one", &reserved);
    struct shot first;
    struct shot second;
    needy(&first, 200, "first");
    shot_must_submit(&first, group);
    int gate = wait_held("first");
    shot_init(&second, &scene, "vector\nneed 209715200\nneed-no-wait");
    shot_must_submit(&second, group);
    shot_check(&second, FOVEA_ERR_WORKER_CRASHED,
            "DECODED that makes no sense");
    (void)close(gate);
    shot_check_good(&first);
    fovea_group_close(group);
    wait_reserved(0);
}

/* Nobody is there any more who could be answered. */
static void
a_worker_that_leaves_while_it_waits(void **state)
{
    (void)state;
    scene_open(&scene);
    uint64_t reserved = 0;
    struct fovea_group *group = ready_model("one", &reserved);
    struct shot first;
    struct shot second;
    needy(&first, 200, "first");
    shot_must_submit(&first, group);
    int gate = wait_held("first");
    shot_init(&second, &scene, "vector\nneed 209715200\nneed-no-wait\nclose");
    shot_must_submit(&second, group);
    shot_check(&second, FOVEA_ERR_WORKER_CRASHED, "closed the channel");
    (void)close(gate);
    shot_check_good(&first);
    fovea_group_close(group);
    wait_reserved(0);
}

SCENE_MAIN(prepare, SCENE_TEST(memory_is_granted_and_released),
        SCENE_TEST(grants_come_one_after_the_other),
        SCENE_TEST(what_never_fits_is_refused_at_once),
        SCENE_TEST(idle_workers_make_room),
        SCENE_TEST(no_more_workers_end_than_must),
        SCENE_TEST(a_cold_start_waits), SCENE_TEST(a_deadline_ends_the_waiting),
        SCENE_TEST(waiting_is_no_hanging),
        SCENE_TEST(short_memory_is_no_verdict),
        SCENE_TEST(a_worker_that_dies_releases_its_grant),
        SCENE_TEST(a_worker_that_is_killed_releases_its_grant),
        SCENE_TEST(closing_answers_one_that_waits),
        SCENE_TEST(a_worker_that_lies_ends),
        SCENE_TEST(a_worker_that_goes_ahead_ends),
        SCENE_TEST(a_worker_that_leaves_while_it_waits))
