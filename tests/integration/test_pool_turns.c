/* Many models and memory for few: each gets its turn, in the order in which
   they were asked. */
#include "support/scene.h"

enum {
    N_MODELS = 40,
    N_IMAGES = 800,
};

static struct scene scene;

/* Memory for the worker of one model: 150 MiB while it loads, 50 after. */
static int
set_up(void **state)
{
    (void)state;
    scene_init(&scene);
    scene.settings.max_workers = 2;
    scene.settings.memory_limit_bytes = 170 * SCENE_MIB;
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
submit(struct shot *shot, struct fovea_pool_model *model)
{
    struct fovea_error error;
    assert_ok(shot_submit(shot, model, &error), &error);
}

/* A model whose worker holds all the memory until it is let go. */
static struct fovea_pool_model *
hold_memory(struct shot *shot)
{
    struct fovea_pool_model *model = scene_model(&scene, "holder", NULL);
    shot_init(shot, &scene, "held go");
    submit(shot, model);
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 1);
    return model;
}

static void
check_order_of_starts(void)
{
    unsigned n = 0;
    for (size_t i = 0; i < scene.n_events; i++) {
        if (scene.events[i].kind == FOVEA_EVENT_COLD_START) {
            char expected[32];
            (void)snprintf(expected, sizeof expected, "model%u", n - 1);
            assert_string_equal(scene.events[i].key,
                    n == 0 ? "holder" : expected);
            n++;
        }
    }
    assert_int_equal(n, 1 + N_MODELS);
}

static void
a_race_of_many_models_is_served_in_order(void **state)
{
    (void)state;
    static struct shot held;
    static struct shot shots[N_MODELS];
    scene_open(&scene);
    struct fovea_pool_model *holder = hold_memory(&held);
    for (unsigned i = 0; i < N_MODELS; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "model%u", i);
        shot_init(&shots[i], &scene, "vector %u", i);
        shots[i].model = scene_model(&scene, name, NULL);
        submit(&shots[i], shots[i].model);
    }
    scene_let_go(&scene, "go");
    shot_check_good(&held);
    for (unsigned i = 0; i < N_MODELS; i++) {
        shot_check_good(&shots[i]);
    }
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_START_REFUSED), 0);
    for (unsigned i = 0; i < N_MODELS; i++) {
        fovea_pool_close_model(shots[i].model);
    }
    fovea_pool_close_model(holder);
    scene_close(&scene);
    check_order_of_starts();
}

static void
who_waits_past_its_deadline_is_told_how_much_was_missing(void **state)
{
    (void)state;
    static struct shot held;
    static struct shot late;
    static struct shot patient;
    static const char need[] = "Cannot spawn workers for second. Need 150 MB, "
                               "only 119 MB available";
    scene_open(&scene);
    struct fovea_pool_model *holder = hold_memory(&held);
    struct fovea_pool_model *second = scene_model(&scene, "second", NULL);
    struct fovea_error error;
    /* It will be served, in its turn. */
    assert_ok(fovea_pool_check_model(second, &error), &error);
    shot_init(&patient, &scene, "vector");
    submit(&patient, second);
    shot_init(&late, &scene, "vector");
    late.deadline_ns = fovea_clock_ns() + 100 * FOVEA_NS_PER_MS;
    shot_expect(&late, second, FOVEA_ERR_MEMORY_EXHAUSTED, need);
    assert_int_equal(patient.n_done, 0);
    scene_let_go(&scene, "go");
    shot_check_good(&held);
    shot_check_good(&patient);
    fovea_pool_close_model(holder);
    fovea_pool_close_model(second);
}

/* What was cancelled gives its turn to the next. */
static void
who_gives_up_leaves_its_turn(void **state)
{
    (void)state;
    static struct shot held;
    static struct shot shots[2];
    scene_open(&scene);
    struct fovea_pool_model *holder = hold_memory(&held);
    for (unsigned i = 0; i < 2; i++) {
        shot_init(&shots[i], &scene, "vector");
        shots[i].model = scene_model(&scene, i ? "second" : "first", NULL);
        submit(&shots[i], shots[i].model);
    }
    fovea_pool_cancel(shots[0].model, shots[0].ticket);
    shot_check(&shots[0], FOVEA_ERR_CANCELLED, "");
    scene_let_go(&scene, "go");
    shot_check_good(&shots[1]);
    shot_check_good(&held);
    fovea_pool_close_model(shots[0].model);
    fovea_pool_close_model(shots[1].model);
    fovea_pool_close_model(holder);
}

/* A model that always has more to do cannot keep the memory for ever. */
static void
a_busy_model_lets_others_have_their_turn(void **state)
{
    (void)state;
    static struct shot shots[N_IMAGES];
    static struct shot other;
    scene_open(&scene);
    struct fovea_pool_model *busy = scene_model(&scene, "busy", NULL);
    struct fovea_pool_model *second = scene_model(&scene, "second", NULL);
    for (unsigned i = 0; i < N_IMAGES; i++) {
        shot_init(&shots[i], &scene, "slow 20\n%u", i);
        submit(&shots[i], busy);
    }
    shot_check_good(&shots[0]);
    shot_init(&other, &scene, "vector");
    shot_expect_good(&other, second);
    assert_int_equal(shots[N_IMAGES - 1].n_done, 0);
    scene_wait_stops(&scene, FOVEA_STOP_MEMORY, 1);
    /* It gets the memory back. */
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 1);
    for (unsigned i = 0; i < N_IMAGES; i++) {
        fovea_pool_cancel(busy, shots[i].ticket);
    }
    for (unsigned i = 0; i < N_IMAGES; i++) {
        shot_wait(&shots[i]);
        assert_int_equal(shots[i].n_done, 1);
    }
    fovea_pool_close_model(busy);
    fovea_pool_close_model(second);
}

/* Images that need memory to be decoded, each more than the other's worker
   leaves: both wait, so one of them has to give way. */
static void
those_who_wait_for_each_other_give_way(void **state)
{
    (void)state;
    static struct shot shots[2];
    char directory[128];
    struct fovea_pool_model_settings settings;
    struct fovea_error error;
    scene.settings.memory_limit_bytes = 400 * SCENE_MIB;
    scene_open(&scene);
    struct fovea_pool_model *model = scene_model(&scene, "one", "held go");
    fovea_pool_close_model(model);
    scene_model_settings(&scene, "one", directory, &settings);
    settings.max_batch = 1;
    assert_ok(fovea_pool_open_model(scene.pool, &settings, &model, &error),
            &error);
    for (unsigned i = 0; i < 2; i++) {
        shot_init(&shots[i], &scene, "vector\nneed %llu",
                (unsigned long long)(320 * SCENE_MIB));
        submit(&shots[i], model);
    }
    scene_let_go(&scene, "go");
    for (unsigned i = 0; i < 2; i++) {
        shot_check_good(&shots[i]);
    }
    scene_wait_stops(&scene, FOVEA_STOP_MEMORY, 1);
    fovea_pool_close_model(model);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_race_of_many_models_is_served_in_order),
        TEST(who_waits_past_its_deadline_is_told_how_much_was_missing),
        TEST(who_gives_up_leaves_its_turn),
        TEST(a_busy_model_lets_others_have_their_turn),
        TEST(those_who_wait_for_each_other_give_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
