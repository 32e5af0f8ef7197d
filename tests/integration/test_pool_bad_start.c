/* Workers that do not get ready: what is said of them, and who is told. */
#include <sys/stat.h>

#include "base/macros.h"
#include "support/scene.h"
#include "wire/frame.h"

static struct scene scene;

static void
what_cannot_be_loaded_fails_with_its_reason(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", "held go\nfails");
    struct shot shots[2];
    for (unsigned i = 0; i < 2; i++) {
        shot_init(&shots[i], &scene, "vector");
        struct fovea_error error;
        assert_ok(shot_submit(&shots[i], group, &error), &error);
    }
    scene_let_go(&scene, "go");
    shot_check(&shots[0], FOVEA_ERR_MODEL_WEIGHTS, "cannot read these weights");
    shot_check(&shots[1], FOVEA_ERR_MODEL_WEIGHTS, "cannot read these weights");
    scene_wait_stops(&scene, FOVEA_STOP_LOAD, 2);
    assert_int_equal(fovea_stats_reserved_bytes(scene.pool), 0);
    /* Mended meanwhile. */
    scene_write(&scene, "one/load", NULL);
    shot_init(&shots[0], &scene, "vector");
    shot_expect_good(&shots[0], group);
    fovea_group_close(group);
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
loads_that_make_no_sense_cost_a_worker(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    for (size_t i = 0; i < sizeof bad_loads / sizeof bad_loads[0]; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "model%zu", i);
        struct fovea_group *group =
                scene_group(&scene, name, bad_loads[i].load);
        unsigned n = scene_count_stops(&scene, bad_loads[i].reason);
        struct shot shot;
        shot_init(&shot, &scene, "vector");
        shot_expect(&shot, group, bad_loads[i].status, bad_loads[i].part);
        scene_wait_stops(&scene, bad_loads[i].reason, n + 1);
        assert_int_equal(fovea_stats_reserved_bytes(scene.pool), 0);
        fovea_group_close(group);
    }
}

/* However long it takes until it loads. */
static void
a_load_that_hangs_is_ended(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene.settings.load_ns = FOVEA_NS_PER_S / 4;
    struct shot shot;
    do {
        scene.settings.load_ns *= 2;
        scene_open(&scene);
        struct fovea_group *group = scene_group(&scene, "one", "hang");
        shot_init(&shot, &scene, "vector");
        shot_expect(&shot, group, FOVEA_ERR_WORKER_START, "not ready after ");
        fovea_group_close(group);
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
    const char *part; /* before the number of this protocol, if it says that */
    bool has_number;
} bad_hellos[] = {
    { "crash", FOVEA_STOP_CRASHED, "signal 11", false },
    { "old", FOVEA_STOP_PROTOCOL, "is of fovea 0.0.1, protocol ", true },
    { "protocol 4", FOVEA_STOP_PROTOCOL,
            "is of fovea " FOVEA_VERSION ", protocol 4; this is " FOVEA_VERSION
            ", protocol ",
            true },
};

static void
hellos_that_make_no_sense_cost_a_worker(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    for (size_t i = 0; i < sizeof bad_hellos / sizeof bad_hellos[0]; i++) {
        scene_write(&scene, "hello", bad_hellos[i].hello);
        char name[32];
        char part[128];
        (void)snprintf(name, sizeof name, "model%zu", i);
        (void)snprintf(part, sizeof part,
                bad_hellos[i].has_number ? "%s%d" : "%s", bad_hellos[i].part,
                FOVEA_PROTOCOL_VERSION);
        struct fovea_group *group = scene_group(&scene, name, NULL);
        struct shot shot;
        shot_init(&shot, &scene, "vector");
        shot_expect(&shot, group, FOVEA_ERR_WORKER_START, part);
        scene_wait_stops(&scene, bad_hellos[i].reason, 1);
        fovea_group_close(group);
    }
    scene_write(&scene, "hello", NULL);
}

/* In every state that a worker's channel can be in, whatever its type. */
static void
frames_of_nothing_cost_a_worker(void **state)
{
    (void)state;
    static const struct {
        const char *file; /* "": the image */
        const char *words;
        unsigned n_stops;
    } places[] = {
        { "hello", "sends", 1 },          /* NEW */
        { "hello", "then-sends", 1 },     /* GREETED */
        { "one/load", "sends", 1 },       /* LOADING */
        { "", "then-sends", 1 },          /* READY */
        { "", "sends", 2 },               /* BUSY: it is tried twice */
        { "", "need 1\nasked-sends", 2 }, /* ASKED */
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(places); i++) {
        for (unsigned type = FOVEA_FRAME_HELLO; type <= FOVEA_FRAME_LAST;
                type++) {
            scene.settings.max_workers = 1;
            scene_open(&scene);
            struct fovea_group *group = scene_group(&scene, "one", NULL);
            char text[64];
            struct shot shot;
            struct shot good;
            (void)snprintf(text, sizeof text, "%s %u", places[i].words, type);
            bool is_image = !places[i].file[0];
            if (!is_image) {
                scene_write(&scene, places[i].file, text);
            }
            shot_init(&shot, &scene, "vector\n%s", is_image ? text : "");
            if (places[i].n_stops == 1 && is_image) {
                shot_expect_good(&shot, group);
            } else {
                shot_expect(&shot, group,
                        is_image ? FOVEA_ERR_WORKER_CRASHED
                                 : FOVEA_ERR_WORKER_START,
                        "");
            }
            scene_wait_stops(&scene, FOVEA_STOP_PROTOCOL, places[i].n_stops);
            if (!is_image) {
                scene_write(&scene, places[i].file, NULL);
            }
            shot_init(&good, &scene, "vector");
            shot_expect_good(&good, group);
            fovea_group_close(group);
            scene_close(&scene);
        }
    }
}

static void
a_worker_that_does_not_say_hello_is_ended(void **state)
{
    (void)state;
    scene.settings.load_ns = FOVEA_NS_PER_S / 2;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    scene_write(&scene, "hello", "hang");
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect(&shot, group, FOVEA_ERR_WORKER_START,
            "not ready after 0.5 s of spawning");
    scene_wait_stops(&scene, FOVEA_STOP_LOAD_TIMEOUT, 1);
    fovea_group_close(group);
    scene_write(&scene, "hello", NULL);
}

/* Somebody's SIGKILL says nothing about the next try. */
static void
a_kill_while_loading_is_tried_again(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", "kill");
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    struct fovea_error error;
    assert_ok(shot_submit(&shot, group, &error), &error);
    scene_wait_stops(&scene, FOVEA_STOP_KILLED, 1);
    scene_write(&scene, "one/load", NULL);
    shot_check_good(&shot);
    fovea_group_close(group);
}

/* Nor does somebody's SIGSTOP. */
static void
a_stop_while_loading_is_tried_again(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene.settings.load_ns = 3 * FOVEA_NS_PER_S;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", "signal 19");
    static struct shot shot;
    struct fovea_error error;
    shot_init(&shot, &scene, "vector");
    assert_ok(shot_submit(&shot, group, &error), &error);
    (void)scene_wait_event(&scene, FOVEA_EVENT_WORKER_STARTED, 1);
    scene_wait_stops(&scene, FOVEA_STOP_KILLED, 1);
    scene_write(&scene, "one/load", NULL);
    shot_check_good(&shot);
    fovea_group_close(group);
}

static void
without_a_program_no_worker_starts(void **state)
{
    (void)state;
    scene.settings.worker_program = "/nonexistent/fovea-worker";
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect(&shot, group, FOVEA_ERR_WORKER_START,
            "looked for /nonexistent/fovea-worker");
    assert_int_equal(scene_count_stops(&scene, FOVEA_STOP_EXEC), 1);
    assert_int_equal(fovea_stats_reserved_bytes(scene.pool), 0);
    fovea_group_close(group);
}

static void
what_is_no_program_does_not_start(void **state)
{
    (void)state;
    scene_write(&scene, "program", "\177ELF, but not really");
    char path[128];
    (void)snprintf(path, sizeof path, "%s/program", scene.directory);
    assert_int_equal(chmod(path, 0700), 0);
    scene.settings.worker_program = path;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect(&shot, group, FOVEA_ERR_WORKER_START,
            "cannot run the worker program /tmp/");
    assert_non_null(strstr(shot.result.message, "Exec format error"));
    fovea_group_close(group);
}

SCENE_MAIN(NULL, SCENE_TEST(what_cannot_be_loaded_fails_with_its_reason),
        SCENE_TEST(loads_that_make_no_sense_cost_a_worker),
        SCENE_TEST(a_load_that_hangs_is_ended),
        SCENE_TEST(hellos_that_make_no_sense_cost_a_worker),
        SCENE_TEST(frames_of_nothing_cost_a_worker),
        SCENE_TEST(a_worker_that_does_not_say_hello_is_ended),
        SCENE_TEST(a_kill_while_loading_is_tried_again),
        SCENE_TEST(a_stop_while_loading_is_tried_again),
        SCENE_TEST(without_a_program_no_worker_starts),
        SCENE_TEST(what_is_no_program_does_not_start))
