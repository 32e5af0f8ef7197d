/* Who goes first, who goes together, and who does not go at all. */
#include "support/scene.h"

static struct scene scene;
static struct fovea_group *group;

static void
submit(struct shot *shot)
{
    struct fovea_error error;
    assert_ok(shot_submit(shot, group, &error), &error);
}

/* One worker, with something in flight until "go"; the rest will wait. */
static void
open_busy(struct shot *slow)
{
    scene.settings.max_workers = 1;
    scene_open(&scene);
    group = scene_group(&scene, "one", NULL);
    shot_init(slow, &scene, "held go");
    submit(slow);
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 1);
}

static void
single_images_go_before_batches(void **state)
{
    (void)state;
    struct shot slow;
    open_busy(&slow);
    static struct shot shots[6];
    for (unsigned i = 0; i < 6; i++) {
        shot_init(&shots[i], &scene, "vector %u", i);
        shots[i].is_batch = i < 3;
        submit(&shots[i]);
    }
    scene_let_go(&scene, "go");
    for (unsigned i = 0; i < 6; i++) {
        shot_check_good(&shots[i]);
    }
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned j = 3; j < 6; j++) {
            assert_true(shots[j].order < shots[i].order);
        }
    }
    assert_true(shots[3].order < shots[4].order);
    fovea_group_close(group);
}

static unsigned
count_full(const struct fovea_pool_stats *stats)
{
    unsigned n = 0;
    for (size_t i = 0; i < stats->n_workers; i++) {
        const struct fovea_worker_stats *worker = &stats->workers[i];
        n += worker->state == FOVEA_WORKER_PROCESSING &&
                worker->n_in_flight == 8;
    }
    return n;
}

/* Until so many wait and both workers have all that they may: an image leaves the
   queue before its worker has it. */
static void
wait_shared_out(unsigned n_queued)
{
    struct fovea_pool_stats stats;
    struct fovea_error error;
    int64_t until = fovea_clock_ns() + SCENE_PATIENCE_NS;
    for (bool is_so = false; !is_so;) {
        assert_true(fovea_clock_ns() < until);
        assert_ok(fovea_stats_read(scene.pool, &stats, &error), &error);
        assert_int_equal(stats.n_workers, 2);
        is_so = stats.models[0].n_queued == n_queued && count_full(&stats) == 2;
        fovea_pool_stats_finish(&stats);
        sleep_ns(FOVEA_NS_PER_MS);
    }
}

/* 20 images wait for two workers that become free: jobs of at most 8. */
static void
images_are_shared_out(void **state)
{
    (void)state;
    scene.settings.max_workers = 2;
    scene_open(&scene);
    group = scene_group(&scene, "one", NULL);
    struct fovea_error error;
    assert_ok(fovea_group_prewarm(group, &error), &error);
    (void)scene_wait_event(&scene, FOVEA_EVENT_WORKER_READY, 2);
    struct shot first[2];
    for (unsigned i = 0; i < 2; i++) {
        shot_init(&first[i], &scene, "held first\n%u", i);
        submit(&first[i]);
        scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, i + 1);
    }
    static struct shot shots[20];
    for (unsigned i = 0; i < 20; i++) {
        shot_init(&shots[i], &scene, "held then\n%u", i);
        shots[i].is_batch = true;
        submit(&shots[i]);
    }
    scene_let_go(&scene, "first");
    wait_shared_out(4);
    scene_let_go(&scene, "then");
    for (unsigned i = 0; i < 20; i++) {
        shot_check_good(&shots[i]);
    }
    struct fovea_pool_stats stats;
    assert_ok(fovea_stats_read(scene.pool, &stats, &error), &error);
    assert_int_equal(stats.workers[0].n_images + stats.workers[1].n_images, 22);
    assert_in_range(stats.workers[0].n_images, 9, 13);
    assert_int_equal(stats.models[0].n_embedded, 22);
    assert_int_equal(stats.models[0].total_ns.count, 22);
    fovea_pool_stats_finish(&stats);
    fovea_group_close(group);
}

/* All busy and work waits: one more, and one more, up to the most. */
static void
busy_workers_get_company(void **state)
{
    (void)state;
    scene.settings.max_workers = 4;
    scene_open(&scene);
    char directory[128];
    struct fovea_group_settings settings;
    struct fovea_error error;
    scene_group_settings(&scene, "one", directory, &settings);
    settings.max_batch = 1;
    assert_ok(fovea_group_open(scene.pool, &settings, &group, &error), &error);
    static struct shot shots[12];
    for (unsigned i = 0; i < 12; i++) {
        shot_init(&shots[i], &scene, "held go\n%u", i);
        submit(&shots[i]);
    }
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 4);
    scene_let_go(&scene, "go");
    for (unsigned i = 0; i < 12; i++) {
        shot_check_good(&shots[i]);
    }
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STARTED), 4);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_COLD_START), 1);
    fovea_group_close(group);
}

static void
a_full_queue_refuses(void **state)
{
    (void)state;
    scene.settings.max_queue = 3;
    struct shot slow;
    open_busy(&slow);
    static struct shot shots[5];
    for (unsigned i = 0; i < 3; i++) {
        shot_init(&shots[i], &scene, "vector %u", i);
        submit(&shots[i]);
    }
    struct fovea_error error;
    shot_init(&shots[3], &scene, "vector 3");
    assert_fails(shot_submit(&shots[3], group, &error), &error, FOVEA_ERR_BUSY,
            "3 images wait for one already (--max-queue, "
            "fovea_options.max_queue)");
    shot_init(&shots[4], &scene, "vector 4");
    shots[4].is_admitted = true;
    submit(&shots[4]);
    scene_let_go(&scene, "go");
    shot_check_good(&slow);
    for (unsigned i = 0; i < 5; i++) {
        if (i != 3) {
            shot_check_good(&shots[i]);
        }
    }
    assert_int_equal(shot_answers(&shots[3]), 0);
    fovea_group_close(group);
}

static void
a_deadline_passes_in_the_queue(void **state)
{
    (void)state;
    struct shot slow;
    open_busy(&slow);
    struct shot late;
    struct shot patient;
    shot_init(&patient, &scene, "vector 1");
    submit(&patient);
    shot_init(&late, &scene, "vector 2");
    late.deadline_ns = fovea_clock_ns() + 50 * FOVEA_NS_PER_MS;
    submit(&late);
    shot_check(&late, FOVEA_ERR_DEADLINE, "before a worker was free");
    assert_true(fovea_clock_ns() >= late.deadline_ns);
    assert_int_equal(shot_answers(&slow), 0);
    scene_let_go(&scene, "go");
    shot_check_good(&slow);
    shot_check_good(&patient);
    /* One that was over before it began. */
    late.deadline_ns = fovea_clock_ns() - 1;
    shot_expect(&late, group, FOVEA_ERR_DEADLINE, "deadline");
    fovea_group_close(group);
}

/* It is answered at once; the worker finishes, lives, and takes the next. */
static void
a_deadline_passes_in_flight(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    group = scene_group(&scene, "one", NULL);
    struct fovea_error error;
    assert_ok(fovea_group_prewarm(group, &error), &error);
    /* However long it takes until it is in flight. */
    struct shot late;
    int64_t wait_ns = 100 * FOVEA_NS_PER_MS;
    do {
        wait_ns *= 2;
        shot_init(&late, &scene, "held go");
        late.deadline_ns = fovea_clock_ns() + wait_ns;
        submit(&late);
        shot_check(&late, FOVEA_ERR_DEADLINE, "");
    } while (strstr(late.result.message, "before a worker was free") &&
            wait_ns < SCENE_PATIENCE_NS);
    assert_non_null(
            strstr(late.result.message, "while a worker was at the image"));
    scene_let_go(&scene, "go");
    struct shot next;
    shot_init(&next, &scene, "vector");
    shot_expect_good(&next, group);
    assert_int_equal(shot_answers(&late), 1);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STARTED), 1);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STOPPED), 0);
    fovea_group_close(group);
}

static void
images_are_cancelled_wherever_they_are(void **state)
{
    (void)state;
    struct shot slow;
    open_busy(&slow);
    struct shot waiting;
    struct shot other;
    shot_init(&waiting, &scene, "vector 1");
    submit(&waiting);
    shot_init(&other, &scene, "vector 2");
    submit(&other);
    assert_true(waiting.ticket && other.ticket);
    assert_int_not_equal(waiting.ticket, other.ticket);
    fovea_group_cancel(group, waiting.ticket);
    fovea_group_cancel(group, waiting.ticket);
    shot_check(&waiting, FOVEA_ERR_CANCELLED, "cancelled");
    fovea_group_cancel(group, slow.ticket);
    shot_check(&slow, FOVEA_ERR_CANCELLED, "cancelled");
    fovea_group_cancel(group, UINT64_MAX);
    scene_let_go(&scene, "go");
    shot_check_good(&other);
    fovea_group_cancel(group, other.ticket);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STOPPED), 0);
    fovea_group_close(group);
}

/* What a program does that wants the next as soon as one is there. */
static struct shot chain[50];

static void
a_callback_may_submit(void **state)
{
    (void)state;
    scene_open(&scene);
    group = scene_group(&scene, "one", NULL);
    for (unsigned i = 0; i < 50; i++) {
        shot_init(&chain[i], &scene, "vector %u", i);
        chain[i].group = group;
        chain[i].next = i < 49 ? &chain[i + 1] : NULL;
    }
    submit(&chain[0]);
    for (unsigned i = 0; i < 50; i++) {
        shot_check_good(&chain[i]);
    }
    fovea_group_close(group);
}

static void
timings_add_up(void **state)
{
    (void)state;
    struct shot slow;
    open_busy(&slow);
    struct shot next;
    shot_init(&next, &scene, "slow 50");
    submit(&next);
    scene_let_go(&scene, "go");
    shot_check_good(&next);
    assert_true(next.timings.queue_ns > 0);
    assert_true(next.timings.total_ns >=
            next.timings.queue_ns + 50 * FOVEA_NS_PER_MS);
    assert_int_equal(next.timings.decode_ns, 1000);
    assert_int_equal(next.timings.forward_ns, 2000);
    fovea_group_close(group);
}

SCENE_MAIN(NULL, SCENE_TEST(single_images_go_before_batches),
        SCENE_TEST(images_are_shared_out), SCENE_TEST(busy_workers_get_company),
        SCENE_TEST(a_full_queue_refuses),
        SCENE_TEST(a_deadline_passes_in_the_queue),
        SCENE_TEST(a_deadline_passes_in_flight),
        SCENE_TEST(images_are_cancelled_wherever_they_are),
        SCENE_TEST(a_callback_may_submit), SCENE_TEST(timings_add_up))
