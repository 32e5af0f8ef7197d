/*
 * A worker that measures, and what it may do wrong: whoever asked is told, and nothing
 * is left of it. What it measured stands in a table of the test's (fake.h).
 */
#include <string.h>

#include "base/macros.h"
#include "pool/measure.h"
#include "support/scene.h"

static struct scene scene;

static const struct fovea_choice_shape shape = { 768, 3072, 12, 7 };

static void
it_brings_the_times(void **state)
{
    (void)state;
    struct fovea_choice_times times;
    struct fovea_error error;
    scene_open(&scene);
    scene_write(&scene, "measure", "times 3000 1000");
    assert_ok(fovea_pool_measure(scene.pool, &shape, &times, &error), &error);
    assert_int_equal(times.f32_ns, 3000);
    assert_int_equal(times.bf16_ns, 1000);
    scene_write(&scene, "measure", "times 5 7");
    assert_ok(fovea_pool_measure(scene.pool, &shape, &times, &error), &error);
    assert_int_equal(times.f32_ns, 5);
    assert_int_equal(times.bf16_ns, 7);
}

static const struct {
    const char *hello;
    const char *measure;
    enum fovea_status status;
    const char *part;
} wrongs[] = {
    { "crash", NULL, FOVEA_ERR_WORKER_START, "has ended" },
    { "old", NULL, FOVEA_ERR_WORKER_START, "another build" },
    { "protocol 1", NULL, FOVEA_ERR_WORKER_START, "another build" },
    { "sends 3", NULL, FOVEA_ERR_WORKER_START, "what it may not" },
    { NULL, "crash", FOVEA_ERR_WORKER_START, "has ended" },
    { NULL, "exit 12", FOVEA_ERR_WORKER_START, "has ended" },
    { NULL, "fails", FOVEA_ERR_MODEL_WEIGHTS, "cannot read these weights" },
    { NULL, "says-failed 401", FOVEA_ERR_WORKER_START, "makes no sense" },
    { NULL, "sends 3", FOVEA_ERR_WORKER_START, "what it may not" },
    { NULL, "sends 11", FOVEA_ERR_WORKER_START, "makes no sense" },
    { NULL, "times 0 1000", FOVEA_ERR_WORKER_START, "makes no sense" },
    { NULL, "times 1000 2000000000000", FOVEA_ERR_WORKER_START,
            "makes no sense" },
    { NULL, "garbage", FOVEA_ERR_INTERNAL, "which is no frame" },
};

static void
what_it_does_wrong_is_told(void **state)
{
    (void)state;
    scene_open(&scene);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(wrongs); i++) {
        struct fovea_choice_times times = { 1, 2 };
        struct fovea_error error;
        scene_write(&scene, "hello", wrongs[i].hello);
        scene_write(&scene, "measure", wrongs[i].measure);
        assert_fails(fovea_pool_measure(scene.pool, &shape, &times, &error),
                &error, wrongs[i].status, wrongs[i].part);
        assert_int_equal(times.f32_ns, 1);
        assert_int_equal(times.bf16_ns, 2);
    }
    /* scene_close() looks for processes and descriptors that are left. */
}

static void
one_that_says_nothing_is_ended_in_time(void **state)
{
    (void)state;
    static const char *const files[] = { "hello", "measure" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(files); i++) {
        struct fovea_choice_times times;
        struct fovea_error error;
        scene.settings.load_ns = 50 * FOVEA_NS_PER_MS;
        scene_open(&scene);
        scene_write(&scene, files[i], "hang");
        assert_fails(fovea_pool_measure(scene.pool, &shape, &times, &error),
                &error, FOVEA_ERR_WORKER_TIMEOUT, "does not answer");
        scene_write(&scene, files[i], NULL);
        scene_close(&scene);
    }
}

static void
without_a_worker_program_it_says_so(void **state)
{
    (void)state;
    struct fovea_choice_times times;
    struct fovea_error error;
    scene.settings.worker_program = "/nowhere/fovea-worker";
    scene_open(&scene);
    assert_fails(fovea_pool_measure(scene.pool, &shape, &times, &error), &error,
            FOVEA_ERR_WORKER_START, "/nowhere/fovea-worker");
}

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_brings_the_times, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_it_does_wrong_is_told, set_up,
                tear_down),
        cmocka_unit_test_setup_teardown(one_that_says_nothing_is_ended_in_time,
                set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_worker_program_it_says_so,
                set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
