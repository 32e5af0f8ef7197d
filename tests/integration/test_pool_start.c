/* From nothing to a vector: cold start, and what can go wrong on the way. */
#include "support/scene.h"

static struct scene scene;

static void
the_first_image_starts_workers(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    assert_false(fovea_group_has_workers(group));
    assert_int_equal(fovea_stats_reserved_bytes(scene.pool), 0);
    struct shot shot;
    shot_init(&shot, &scene, "vector 1");
    shot_expect_good(&shot, group);
    assert_true(fovea_group_has_workers(group));
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_COLD_START), 1);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STARTED), 2);
    (void)scene_wait_event(&scene, FOVEA_EVENT_WORKER_READY, 2);
    /* The weights as they are, the workers as they were estimated. */
    assert_int_equal(fovea_stats_reserved_bytes(scene.pool),
            FAKE_SHARED_BYTES + 100 * SCENE_MIB);
    shot_init(&shot, &scene, "vector 2");
    shot.raw = true;
    shot_expect_good(&shot, group);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STARTED), 2);
    shot_init(&shot, &scene, "bad bytes");
    shot_expect(&shot, group, FOVEA_ERR_NOT_AN_IMAGE, "these bytes are bad");
    fovea_group_close(group);
    scene_close(&scene);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STOPPED), 2);
}

/* Nothing was asked of it: no thread, no process, and it closes. */
static void
nothing_starts_by_itself(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct fovea_group *again = scene_group(&scene, "one", NULL);
    assert_ptr_equal(group, again);
    fovea_group_close(again);
    fovea_group_close(group);
    assert_int_equal(scene.n_events, 0);
}

enum {
    N_FIRST = 16
};

static void *
be_first(void *context)
{
    struct shot *shot = context;
    struct fovea_error error;
    if (shot_submit(shot, shot->group, &error)) {
        shot->result = error;
    }
    return NULL;
}

static void
many_first_images_share_one_start(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", "slow 100");
    static struct shot shots[N_FIRST];
    pthread_t threads[N_FIRST];
    for (unsigned i = 0; i < N_FIRST; i++) {
        shot_init(&shots[i], &scene, "vector %u", i);
        shots[i].group = group;
        assert_int_equal(pthread_create(&threads[i], NULL, be_first, &shots[i]),
                0);
    }
    for (unsigned i = 0; i < N_FIRST; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        shot_check_good(&shots[i]);
    }
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_COLD_START), 1);
    fovea_group_close(group);
}

static void
memory_for_one_starts_one(void **state)
{
    (void)state;
    /* 80 % of 240: the weights and one worker, not two. */
    scene_set_memory(&scene, 240, 240);
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, group);
    assert_string_equal(scene_wait_event(&scene, FOVEA_EVENT_COLD_START, 1),
            "1 worker");
    assert_int_equal(scene_count_live(&scene), 1);
    fovea_group_close(group);
}

static void
memory_for_none_refuses(void **state)
{
    (void)state;
    scene_set_memory(&scene, 180, 180);
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "some-model", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect(&shot, group, FOVEA_ERR_MEMORY_EXHAUSTED,
            "Cannot spawn workers for some-model. Need 150 MB, only 144 MB "
            "available");
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_START_REFUSED), 1);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STARTED), 0);
    assert_int_equal(fovea_stats_reserved_bytes(scene.pool), 0);
    struct fovea_error error;
    assert_fails(fovea_group_prewarm(group, &error), &error,
            FOVEA_ERR_MEMORY_EXHAUSTED, "Need 150 MB");
    /* It is no fault of the model: as soon as there is memory, it goes. */
    scene_set_memory(&scene, 1000, 200);
    shot_expect_good(&shot, group);
    fovea_group_close(group);
}

static void
an_unsealed_worker_is_told_of(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", "unsealed");
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect(&shot, group, FOVEA_ERR_SANDBOX, "not sealed");
    fovea_group_close(group);
    scene_close(&scene);

    scene.settings.sandbox = FOVEA_SANDBOX_AUTO;
    scene.settings.max_workers = 2;
    scene_open(&scene);
    group = scene_group(&scene, "one", NULL);
    shot_expect_good(&shot, group);
    (void)scene_wait_event(&scene, FOVEA_EVENT_WORKER_READY, 2);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_NO_SANDBOX), 1);
    assert_non_null(strstr(scene_wait_event(&scene, FOVEA_EVENT_NO_SANDBOX, 1),
            "it is a fake"));
    fovea_group_close(group);
}

/* The second one is given what the first one packed. */
static void
the_second_worker_maps_what_the_first_packed(void **state)
{
    (void)state;
    scene.settings.max_workers = 2;
    scene_open(&scene);
    struct fovea_group *group =
            scene_group(&scene, "one", "slow 100\nrefuses-packed");
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, group);
    scene_wait_stops(&scene, FOVEA_STOP_LOAD, 1);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_READY), 1);
    fovea_group_close(group);
}

static void
pixels_come_without_weights(void **state)
{
    (void)state;
    scene_open(&scene);
    char directory[128];
    struct fovea_group_settings settings;
    scene_group_settings(&scene, "one", directory, &settings);
    settings.kind = FOVEA_WORK_PIXELS;
    settings.dimension = 0;
    settings.row_bytes = FAKE_ROW_BYTES;
    settings.shared_bytes = 0;
    struct fovea_group *group = NULL;
    struct fovea_error error;
    assert_ok(fovea_group_open(scene.pool, &settings, &group, &error), &error);
    static struct shot shots[40];
    for (unsigned i = 0; i < 40; i++) {
        shot_init(&shots[i], &scene, "vector %u", i);
        shots[i].is_pixels = true;
        assert_ok(shot_submit(&shots[i], group, &error), &error);
    }
    for (unsigned i = 0; i < 40; i++) {
        shot_check_good(&shots[i]);
    }
    fovea_group_close(group);
}

static void
a_prewarm_waits_for_a_worker(void **state)
{
    (void)state;
    scene.settings.max_workers = 3;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct fovea_error error;
    assert_ok(fovea_group_prewarm(group, &error), &error);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_COLD_START), 1);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STARTED), 2);
    assert_ok(fovea_group_prewarm(group, &error), &error);
    assert_int_equal(scene_count_live(&scene), 3);
    assert_ok(fovea_group_prewarm(group, &error), &error);
    assert_int_equal(scene_count_live(&scene), 3);
    fovea_group_close(group);
}

static void
a_prewarm_fails_with_its_reason(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", "fails");
    struct fovea_error error;
    assert_fails(fovea_group_prewarm(group, &error), &error,
            FOVEA_ERR_MODEL_WEIGHTS, "cannot read these weights");
    scene_write(&scene, "one/load", NULL);
    assert_ok(fovea_group_prewarm(group, &error), &error);
    (void)scene_wait_event(&scene, FOVEA_EVENT_WORKER_READY, 2);
    scene_write(&scene, "one/load", "exit 3");
    assert_fails(fovea_group_prewarm(group, &error), &error,
            FOVEA_ERR_WORKER_START, "exit code 3");
    fovea_group_close(group);
}

SCENE_MAIN(NULL, SCENE_TEST(the_first_image_starts_workers),
        SCENE_TEST(nothing_starts_by_itself),
        SCENE_TEST(many_first_images_share_one_start),
        SCENE_TEST(memory_for_one_starts_one),
        SCENE_TEST(memory_for_none_refuses),
        SCENE_TEST(an_unsealed_worker_is_told_of),
        SCENE_TEST(the_second_worker_maps_what_the_first_packed),
        SCENE_TEST(pixels_come_without_weights),
        SCENE_TEST(a_prewarm_waits_for_a_worker),
        SCENE_TEST(a_prewarm_fails_with_its_reason))
