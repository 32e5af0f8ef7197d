/* From nothing to a vector: cold start, and what can go wrong on the way. */
#include "scene.h"

static struct scene scene;

static int
set_up(void **state)
{
    (void)state;
    scene_init(&scene);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    scene_finish(&scene);
    return 0;
}

static void
test_first_image(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_pool_model *model = scene_model(&scene, "one", NULL);
    assert_false(fovea_pool_model_has_workers(model));
    assert_int_equal(fovea_pool_reserved_bytes(scene.pool), 0);
    struct shot shot;
    shot_init(&shot, &scene, "vector 1");
    shot_expect_good(&shot, model);
    assert_true(fovea_pool_model_has_workers(model));
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_COLD_START), 1);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STARTED), 2);
    (void)scene_wait_event(&scene, FOVEA_EVENT_WORKER_READY, 2);
    /* The weights as they are, the workers as they were estimated. */
    assert_int_equal(fovea_pool_reserved_bytes(scene.pool),
            FAKE_SHARED_BYTES + 2 * 50 * SCENE_MIB);
    shot_init(&shot, &scene, "vector 2");
    shot.raw = true;
    shot_expect_good(&shot, model);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STARTED), 2);
    shot_init(&shot, &scene, "bad bytes");
    shot_expect(&shot, model, FOVEA_ERR_NOT_AN_IMAGE, "these bytes are bad");
    fovea_pool_close_model(model);
    scene_close(&scene);
    assert_int_equal(scene_count_stops(&scene, FOVEA_STOP_NONE), 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_first_image, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
