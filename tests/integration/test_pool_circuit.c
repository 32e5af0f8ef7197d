/* The breaker: after so many faults in a row nothing is started for a while. */
#include "support/scene.h"

static struct scene scene;

static struct fovea_model_stats
read_model(void)
{
    struct fovea_pool_stats stats;
    struct fovea_error error;
    assert_ok(fovea_stats_read(scene.pool, &stats, &error), &error);
    assert_int_equal(stats.n_models, 1);
    struct fovea_model_stats model = stats.models[0];
    fovea_pool_stats_finish(&stats);
    return model;
}

/* A model whose breaker has just opened. */
static struct fovea_group *
open_breaker(void)
{
    struct fovea_group *group = scene_group(&scene, "one", "exit 10");
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    for (unsigned i = 0; i < 5; i++) {
        shot_expect(&shot, group, FOVEA_ERR_WORKER_START, "exit code 10");
    }
    return group;
}

static void
faults_in_a_row_open_the_breaker(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    struct fovea_group *group = open_breaker();
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    struct fovea_error error;
    assert_fails(shot_submit(&shot, group, &error), &error,
            FOVEA_ERR_CIRCUIT_OPEN, "5 workers failed in a row");
    assert_fails(fovea_group_check(group, &error), &error,
            FOVEA_ERR_CIRCUIT_OPEN, "5 workers failed in a row");
    assert_fails(fovea_group_prewarm(group, &error), &error,
            FOVEA_ERR_CIRCUIT_OPEN, "exit code 10");
    assert_int_equal(read_model().breaker, FOVEA_BREAKER_OPEN);
    assert_string_equal(scene_wait_event(&scene, FOVEA_EVENT_BREAKER, 1),
            fovea_breaker_state_name(FOVEA_BREAKER_OPEN));
    fovea_group_close(group);
}

static void
a_good_probe_closes_the_breaker(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene.settings.breaker_open_ns = 100 * FOVEA_NS_PER_MS;
    scene_open(&scene);
    struct fovea_group *group = open_breaker();
    struct shot shot;
    struct fovea_error error;
    shot_init(&shot, &scene, "vector");
    /* The probe fails: open again, at once. */
    int64_t until = fovea_clock_ns() + SCENE_PATIENCE_NS;
    while (shot_submit(&shot, group, &error) && fovea_clock_ns() < until) {
        sleep_ns(10 * FOVEA_NS_PER_MS);
    }
    shot_wait(&shot);
    assert_int_equal(read_model().breaker, FOVEA_BREAKER_OPEN);
    /* The next one is good. */
    scene_write(&scene, "one/load", NULL);
    while (shot_submit(&shot, group, &error) && fovea_clock_ns() < until) {
        sleep_ns(10 * FOVEA_NS_PER_MS);
    }
    shot_check_good(&shot);
    assert_int_equal(read_model().breaker, FOVEA_BREAKER_CLOSED);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STARTED), 7);
    fovea_group_close(group);
}

/* Bad images are nobody's fault. */
static void
bad_images_do_not_open_the_breaker(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    for (unsigned i = 0; i < 20; i++) {
        struct shot shot;
        shot_init(&shot, &scene, "bad %u", i);
        shot_expect(&shot, group, FOVEA_ERR_NOT_AN_IMAGE, "bad");
    }
    assert_int_equal(read_model().breaker, FOVEA_BREAKER_CLOSED);
    fovea_group_close(group);
}

SCENE_MAIN(NULL, SCENE_TEST(faults_in_a_row_open_the_breaker),
        SCENE_TEST(a_good_probe_closes_the_breaker),
        SCENE_TEST(bad_images_do_not_open_the_breaker))
