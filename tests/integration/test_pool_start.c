/* From nothing to a vector: cold start, and what can go wrong on the way. */
#include <sys/stat.h>

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
            FAKE_SHARED_BYTES + 100 * SCENE_MIB);
    shot_init(&shot, &scene, "vector 2");
    shot.raw = true;
    shot_expect_good(&shot, model);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STARTED), 2);
    shot_init(&shot, &scene, "bad bytes");
    shot_expect(&shot, model, FOVEA_ERR_NOT_AN_IMAGE, "these bytes are bad");
    fovea_pool_close_model(model);
    scene_close(&scene);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STOPPED), 2);
}

/* Nothing was asked of it: no thread, no process, and it closes. */
static void
test_nothing(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_pool_model *model = scene_model(&scene, "one", NULL);
    struct fovea_pool_model *again = scene_model(&scene, "one", NULL);
    assert_ptr_equal(model, again);
    fovea_pool_close_model(again);
    fovea_pool_close_model(model);
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
    if (shot_submit(shot, shot->model, &error)) {
        shot->result = error;
    }
    return NULL;
}

static void
test_many_first_images(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_pool_model *model = scene_model(&scene, "one", "slow 100");
    static struct shot shots[N_FIRST];
    pthread_t threads[N_FIRST];
    for (unsigned i = 0; i < N_FIRST; i++) {
        shot_init(&shots[i], &scene, "vector %u", i);
        shots[i].model = model;
        assert_int_equal(pthread_create(&threads[i], NULL, be_first, &shots[i]),
                0);
    }
    for (unsigned i = 0; i < N_FIRST; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        shot_check_good(&shots[i]);
    }
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_COLD_START), 1);
    fovea_pool_close_model(model);
}

static void
test_memory_for_one(void **state)
{
    (void)state;
    /* 80 % of 240: the weights and one worker, not two. */
    scene_set_memory(&scene, 240, 240);
    scene_open(&scene);
    struct fovea_pool_model *model = scene_model(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, model);
    assert_string_equal(scene_wait_event(&scene, FOVEA_EVENT_COLD_START, 1),
            "1 worker");
    assert_int_equal(scene_count_live(&scene), 1);
    fovea_pool_close_model(model);
}

static void
test_memory_for_none(void **state)
{
    (void)state;
    scene_set_memory(&scene, 180, 180);
    scene_open(&scene);
    struct fovea_pool_model *model = scene_model(&scene, "some-model", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect(&shot, model, FOVEA_ERR_MEMORY_EXHAUSTED,
            "Cannot spawn workers for some-model. Need 150 MB, only 144 MB "
            "available");
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_START_REFUSED), 1);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STARTED), 0);
    assert_int_equal(fovea_pool_reserved_bytes(scene.pool), 0);
    struct fovea_error error;
    assert_fails(fovea_pool_prewarm(model, &error), &error,
            FOVEA_ERR_MEMORY_EXHAUSTED, "Need 150 MB");
    /* It is no fault of the model: as soon as there is memory, it goes. */
    scene_set_memory(&scene, 1000, 200);
    shot_expect_good(&shot, model);
    fovea_pool_close_model(model);
}

static void
test_load_fails(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_pool_model *model =
            scene_model(&scene, "one", "held go\nfails");
    struct shot shots[2];
    for (unsigned i = 0; i < 2; i++) {
        shot_init(&shots[i], &scene, "vector");
        struct fovea_error error;
        assert_ok(shot_submit(&shots[i], model, &error), &error);
    }
    scene_let_go(&scene, "go");
    shot_check(&shots[0], FOVEA_ERR_MODEL_WEIGHTS, "cannot read these weights");
    shot_check(&shots[1], FOVEA_ERR_MODEL_WEIGHTS, "cannot read these weights");
    scene_wait_stops(&scene, FOVEA_STOP_LOAD, 2);
    assert_int_equal(fovea_pool_reserved_bytes(scene.pool), 0);
    /* Mended meanwhile. */
    scene_write(&scene, "one/load", NULL);
    shot_init(&shots[0], &scene, "vector");
    shot_expect_good(&shots[0], model);
    fovea_pool_close_model(model);
}

static const struct {
    const char *load;
    enum fovea_stop_reason reason;
    enum fovea_status status;
    const char *part;
} bad_loads[] = {
    { "crash", FOVEA_STOP_CRASHED, FOVEA_ERR_WORKER_START,
            "while it was loading: signal 11 (SIGSEGV)" },
    { "exit 12", FOVEA_STOP_EXITED, FOVEA_ERR_WORKER_START, "exit code 12 (" },
    { "garbage", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_START,
            "which is no frame" },
    { "dimension 9", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_START,
            "another dimension" },
    { "says-shared 35184372088832", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_START,
            "more weights than its model can have" },
    { "says-shared 8191", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_START,
            "packed weights that make no sense" },
    { "says-scratch 35184372088832", FOVEA_STOP_PROTOCOL,
            FOVEA_ERR_WORKER_START, "more memory than its work can take" },
    { "says-warm-up 3600000000000", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_START,
            "it took longer to load than it lives" },
    { "says-failed 401", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_START,
            "malformed FAILED" },
    { "says-failed 200", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_START,
            "malformed FAILED" },
    { "no-memory", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_START,
            "packed weights that make no sense" },
};

static void
test_bad_loads(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    for (size_t i = 0; i < sizeof bad_loads / sizeof bad_loads[0]; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "model%zu", i);
        struct fovea_pool_model *model =
                scene_model(&scene, name, bad_loads[i].load);
        unsigned n = scene_count_stops(&scene, bad_loads[i].reason);
        struct shot shot;
        shot_init(&shot, &scene, "vector");
        shot_expect(&shot, model, bad_loads[i].status, bad_loads[i].part);
        scene_wait_stops(&scene, bad_loads[i].reason, n + 1);
        assert_int_equal(fovea_pool_reserved_bytes(scene.pool), 0);
        fovea_pool_close_model(model);
    }
}

/* However long it takes until it loads. */
static void
test_load_hangs(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene.settings.load_ns = FOVEA_NS_PER_S / 4;
    struct shot shot;
    do {
        scene.settings.load_ns *= 2;
        scene_open(&scene);
        struct fovea_pool_model *model = scene_model(&scene, "one", "hang");
        shot_init(&shot, &scene, "vector");
        shot_expect(&shot, model, FOVEA_ERR_WORKER_START, "not ready after ");
        fovea_pool_close_model(model);
        scene_close(&scene);
    } while (strstr(shot.result.message, "spawning") &&
            scene.settings.load_ns < SCENE_PATIENCE_NS);
    assert_non_null(
            strstr(shot.result.message, " s of loading (--load-time, "));
    assert_true(scene_count_stops(&scene, FOVEA_STOP_LOAD_TIMEOUT) > 0);
}

static const struct {
    const char *hello;
    enum fovea_stop_reason reason;
    const char *part;
} bad_hellos[] = {
    { "crash", FOVEA_STOP_CRASHED, "signal 11" },
    { "old", FOVEA_STOP_PROTOCOL, "is of fovea 0.0.1, this is " },
};

static void
test_bad_hellos(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    for (size_t i = 0; i < sizeof bad_hellos / sizeof bad_hellos[0]; i++) {
        scene_write(&scene, "hello", bad_hellos[i].hello);
        char name[32];
        (void)snprintf(name, sizeof name, "model%zu", i);
        struct fovea_pool_model *model = scene_model(&scene, name, NULL);
        struct shot shot;
        shot_init(&shot, &scene, "vector");
        shot_expect(&shot, model, FOVEA_ERR_WORKER_START, bad_hellos[i].part);
        scene_wait_stops(&scene, bad_hellos[i].reason, 1);
        fovea_pool_close_model(model);
    }
    scene_write(&scene, "hello", NULL);
}

static void
test_hello_does_not_come(void **state)
{
    (void)state;
    scene.settings.load_ns = FOVEA_NS_PER_S / 2;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    scene_write(&scene, "hello", "hang");
    struct fovea_pool_model *model = scene_model(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect(&shot, model, FOVEA_ERR_WORKER_START,
            "not ready after 0.5 s of spawning");
    scene_wait_stops(&scene, FOVEA_STOP_LOAD_TIMEOUT, 1);
    fovea_pool_close_model(model);
    scene_write(&scene, "hello", NULL);
}

/* Somebody's SIGKILL says nothing about the next try. */
static void
test_killed_while_loading(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    struct fovea_pool_model *model = scene_model(&scene, "one", "kill");
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    struct fovea_error error;
    assert_ok(shot_submit(&shot, model, &error), &error);
    scene_wait_stops(&scene, FOVEA_STOP_KILLED, 1);
    scene_write(&scene, "one/load", NULL);
    shot_check_good(&shot);
    fovea_pool_close_model(model);
}

/* Nor does somebody's SIGSTOP. */
static void
test_stopped_while_loading(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene.settings.load_ns = 3 * FOVEA_NS_PER_S;
    scene_open(&scene);
    struct fovea_pool_model *model = scene_model(&scene, "one", "signal 19");
    static struct shot shot;
    struct fovea_error error;
    shot_init(&shot, &scene, "vector");
    assert_ok(shot_submit(&shot, model, &error), &error);
    (void)scene_wait_event(&scene, FOVEA_EVENT_WORKER_STARTED, 1);
    scene_wait_stops(&scene, FOVEA_STOP_KILLED, 1);
    scene_write(&scene, "one/load", NULL);
    shot_check_good(&shot);
    fovea_pool_close_model(model);
}

static void
test_no_program(void **state)
{
    (void)state;
    scene.settings.worker_program = "/nonexistent/fovea-worker";
    scene_open(&scene);
    struct fovea_pool_model *model = scene_model(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect(&shot, model, FOVEA_ERR_WORKER_START,
            "looked for /nonexistent/fovea-worker");
    assert_int_equal(scene_count_stops(&scene, FOVEA_STOP_EXEC), 1);
    assert_int_equal(fovea_pool_reserved_bytes(scene.pool), 0);
    fovea_pool_close_model(model);
}

static void
test_program_that_is_none(void **state)
{
    (void)state;
    scene_write(&scene, "program", "\177ELF, but not really");
    char path[128];
    (void)snprintf(path, sizeof path, "%s/program", scene.directory);
    assert_int_equal(chmod(path, 0700), 0);
    scene.settings.worker_program = path;
    scene_open(&scene);
    struct fovea_pool_model *model = scene_model(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect(&shot, model, FOVEA_ERR_WORKER_START,
            "cannot run the worker program /tmp/");
    assert_non_null(strstr(shot.result.message, "Exec format error"));
    fovea_pool_close_model(model);
}

static void
test_unsealed(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    struct fovea_pool_model *model = scene_model(&scene, "one", "unsealed");
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect(&shot, model, FOVEA_ERR_SANDBOX, "not sealed");
    fovea_pool_close_model(model);
    scene_close(&scene);

    scene.settings.sandbox = FOVEA_SANDBOX_AUTO;
    scene.settings.max_workers = 2;
    scene_open(&scene);
    model = scene_model(&scene, "one", NULL);
    shot_expect_good(&shot, model);
    (void)scene_wait_event(&scene, FOVEA_EVENT_WORKER_READY, 2);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_NO_SANDBOX), 1);
    assert_non_null(strstr(scene_wait_event(&scene, FOVEA_EVENT_NO_SANDBOX, 1),
            "it is a fake"));
    fovea_pool_close_model(model);
}

/* The second one is given what the first one packed. */
static void
test_second_maps(void **state)
{
    (void)state;
    scene.settings.max_workers = 2;
    scene_open(&scene);
    struct fovea_pool_model *model =
            scene_model(&scene, "one", "slow 100\nrefuses-packed");
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, model);
    scene_wait_stops(&scene, FOVEA_STOP_LOAD, 1);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_READY), 1);
    fovea_pool_close_model(model);
}

static void
test_pixels(void **state)
{
    (void)state;
    scene_open(&scene);
    char directory[128];
    struct fovea_pool_model_settings settings;
    scene_model_settings(&scene, "one", directory, &settings);
    settings.kind = FOVEA_WORK_PIXELS;
    settings.dimension = 0;
    settings.row_bytes = FAKE_ROW_BYTES;
    settings.shared_bytes = 0;
    struct fovea_pool_model *model = NULL;
    struct fovea_error error;
    assert_ok(fovea_pool_open_model(scene.pool, &settings, &model, &error),
            &error);
    static struct shot shots[40];
    for (unsigned i = 0; i < 40; i++) {
        shot_init(&shots[i], &scene, "vector %u", i);
        shots[i].is_pixels = true;
        assert_ok(shot_submit(&shots[i], model, &error), &error);
    }
    for (unsigned i = 0; i < 40; i++) {
        shot_check_good(&shots[i]);
    }
    fovea_pool_close_model(model);
}

static void
test_prewarm(void **state)
{
    (void)state;
    scene.settings.max_workers = 3;
    scene_open(&scene);
    struct fovea_pool_model *model = scene_model(&scene, "one", NULL);
    struct fovea_error error;
    assert_ok(fovea_pool_prewarm(model, &error), &error);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_COLD_START), 1);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STARTED), 2);
    assert_ok(fovea_pool_prewarm(model, &error), &error);
    assert_int_equal(scene_count_live(&scene), 3);
    assert_ok(fovea_pool_prewarm(model, &error), &error);
    assert_int_equal(scene_count_live(&scene), 3);
    fovea_pool_close_model(model);
}

static void
test_prewarm_fails(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_pool_model *model = scene_model(&scene, "one", "fails");
    struct fovea_error error;
    assert_fails(fovea_pool_prewarm(model, &error), &error,
            FOVEA_ERR_MODEL_WEIGHTS, "cannot read these weights");
    scene_write(&scene, "one/load", NULL);
    assert_ok(fovea_pool_prewarm(model, &error), &error);
    (void)scene_wait_event(&scene, FOVEA_EVENT_WORKER_READY, 2);
    scene_write(&scene, "one/load", "exit 3");
    assert_fails(fovea_pool_prewarm(model, &error), &error,
            FOVEA_ERR_WORKER_START, "exit code 3");
    fovea_pool_close_model(model);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_first_image),
        TEST(test_nothing),
        TEST(test_many_first_images),
        TEST(test_memory_for_one),
        TEST(test_memory_for_none),
        TEST(test_load_fails),
        TEST(test_bad_loads),
        TEST(test_load_hangs),
        TEST(test_bad_hellos),
        TEST(test_hello_does_not_come),
        TEST(test_killed_while_loading),
        TEST(test_stopped_while_loading),
        TEST(test_no_program),
        TEST(test_program_that_is_none),
        TEST(test_unsealed),
        TEST(test_second_maps),
        TEST(test_pixels),
        TEST(test_prewarm),
        TEST(test_prewarm_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
