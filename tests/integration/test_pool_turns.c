/* Many models and memory for few: each gets its turn, in the order in which
   they were asked. */
#include "support/scene.h"

enum {
    N_MODELS = 40,
    N_IMAGES = 800,
};

static struct scene scene;

/* Memory for the worker of one model: 150 MiB while it loads, 50 after. */
static void
prepare(void)
{
    scene.settings.max_workers = 2;
    scene.settings.memory_limit_bytes = 170 * SCENE_MIB;
}

/* A model whose worker holds all the memory until it is let go. */
static struct fovea_group *
hold_memory(struct shot *shot)
{
    struct fovea_group *group = scene_group(&scene, "holder", NULL);
    shot_init(shot, &scene, "held go");
    shot_must_submit(shot, group);
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 1);
    return group;
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
    struct fovea_group *holder = hold_memory(&held);
    for (unsigned i = 0; i < N_MODELS; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "model%u", i);
        shot_init(&shots[i], &scene, "vector %u", i);
        shots[i].group = scene_group(&scene, name, NULL);
        shot_must_submit(&shots[i], shots[i].group);
    }
    scene_let_go(&scene, "go");
    shot_check_good(&held);
    for (unsigned i = 0; i < N_MODELS; i++) {
        shot_check_good(&shots[i]);
    }
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_START_REFUSED), 0);
    for (unsigned i = 0; i < N_MODELS; i++) {
        fovea_group_close(shots[i].group);
    }
    fovea_group_close(holder);
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
    struct fovea_group *holder = hold_memory(&held);
    struct fovea_group *second = scene_group(&scene, "second", NULL);
    struct fovea_error error;
    /* It will be served, in its turn. */
    assert_ok(fovea_group_check(second, &error), &error);
    shot_init(&patient, &scene, "vector");
    shot_must_submit(&patient, second);
    shot_init(&late, &scene, "vector");
    late.deadline_ns = fovea_clock_ns() + 100 * FOVEA_NS_PER_MS;
    shot_expect(&late, second, FOVEA_ERR_MEMORY_EXHAUSTED, need);
    assert_int_equal(shot_answers(&patient), 0);
    scene_let_go(&scene, "go");
    shot_check_good(&held);
    shot_check_good(&patient);
    fovea_group_close(holder);
    fovea_group_close(second);
}

/* What was cancelled gives its turn to the next. */
static void
who_gives_up_leaves_its_turn(void **state)
{
    (void)state;
    static struct shot held;
    static struct shot shots[2];
    scene_open(&scene);
    struct fovea_group *holder = hold_memory(&held);
    for (unsigned i = 0; i < 2; i++) {
        shot_init(&shots[i], &scene, "vector");
        shots[i].group = scene_group(&scene, i ? "second" : "first", NULL);
        shot_must_submit(&shots[i], shots[i].group);
    }
    fovea_group_cancel(shots[0].group, shots[0].ticket);
    shot_check(&shots[0], FOVEA_ERR_CANCELLED, "");
    scene_let_go(&scene, "go");
    shot_check_good(&shots[1]);
    shot_check_good(&held);
    fovea_group_close(shots[0].group);
    fovea_group_close(shots[1].group);
    fovea_group_close(holder);
}

/* A model that always has more to do cannot keep the memory for ever. */
static void
a_busy_model_lets_others_have_their_turn(void **state)
{
    (void)state;
    static struct shot shots[N_IMAGES];
    static struct shot other;
    scene_open(&scene);
    struct fovea_group *busy = scene_group(&scene, "busy", NULL);
    struct fovea_group *second = scene_group(&scene, "second", NULL);
    for (unsigned i = 0; i < N_IMAGES; i++) {
        shot_init(&shots[i], &scene, "slow 20\n%u", i);
        shot_must_submit(&shots[i], busy);
    }
    shot_check_good(&shots[0]);
    shot_init(&other, &scene, "vector");
    shot_expect_good(&other, second);
    assert_int_equal(shot_answers(&shots[N_IMAGES - 1]), 0);
    scene_wait_stops(&scene, FOVEA_STOP_MEMORY, 1);
    /* It gets the memory back. */
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 1);
    for (unsigned i = 0; i < N_IMAGES; i++) {
        fovea_group_cancel(busy, shots[i].ticket);
    }
    for (unsigned i = 0; i < N_IMAGES; i++) {
        shot_wait(&shots[i]);
        assert_int_equal(shot_answers(&shots[i]), 1);
    }
    fovea_group_close(busy);
    fovea_group_close(second);
}

/* Images that need memory to be decoded, each more than the other's worker
   leaves: both wait, so one of them has to give way. */
static void
those_who_wait_for_each_other_give_way(void **state)
{
    (void)state;
    static struct shot shots[2];
    char directory[128];
    struct fovea_group_settings settings;
    struct fovea_error error;
    scene.settings.memory_limit_bytes = 400 * SCENE_MIB;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", "held go");
    fovea_group_close(group);
    scene_group_settings(&scene, "one", directory, &settings);
    settings.max_batch = 1;
    assert_ok(fovea_group_open(scene.pool, &settings, &group, &error), &error);
    for (unsigned i = 0; i < 2; i++) {
        shot_init(&shots[i], &scene, "vector\nneed %llu",
                (unsigned long long)(320 * SCENE_MIB));
        shot_must_submit(&shots[i], group);
    }
    scene_let_go(&scene, "go");
    for (unsigned i = 0; i < 2; i++) {
        shot_check_good(&shots[i]);
    }
    scene_wait_stops(&scene, FOVEA_STOP_MEMORY, 1);
    fovea_group_close(group);
}

SCENE_MAIN(prepare, SCENE_TEST(a_race_of_many_models_is_served_in_order),
        SCENE_TEST(who_waits_past_its_deadline_is_told_how_much_was_missing),
        SCENE_TEST(who_gives_up_leaves_its_turn),
        SCENE_TEST(a_busy_model_lets_others_have_their_turn),
        SCENE_TEST(those_who_wait_for_each_other_give_way))
