/* Workers that die, hang and lie: each costs itself, and no more. */
#include <signal.h>
#include <sys/stat.h>

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

/* One bad image among good ones: it takes two workers, its neighbours get their
   vectors, and a third worker it never sees. */
static void
one_bad_image_takes_two_workers_and_nobody_else(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    static struct shot shots[8];
    for (unsigned i = 0; i < 8; i++) {
        shot_init(&shots[i], &scene, i == 3 ? "crash" : "vector %u", i);
        shots[i].is_batch = true;
        shot_must_submit(&shots[i], group);
    }
    for (unsigned i = 0; i < 8; i++) {
        if (i == 3) {
            shot_check(&shots[i], FOVEA_ERR_WORKER_CRASHED,
                    "ended two workers, the last by signal 11 (SIGSEGV)");
        } else {
            shot_check_good(&shots[i]);
        }
    }
    scene_wait_stops(&scene, FOVEA_STOP_CRASHED, 2);
    /* Those that were in the same job as it was, which is up to the time. */
    assert_in_range(read_model().n_retried, 1, 8);
    struct shot again;
    struct fovea_error error;
    shot_init(&again, &scene, "crash");
    assert_fails(shot_submit(&again, group, &error), &error,
            FOVEA_ERR_WORKER_CRASHED, "ended two workers");
    shot_init(&again, &scene, "czash"); /* of the same size */
    shot_expect_good(&again, group);
    assert_int_equal(scene_count_stops(&scene, FOVEA_STOP_CRASHED), 2);
    fovea_group_close(group);
}

static void
a_second_try_may_be_good(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "crash-once %s/was-here", scene.directory);
    shot_expect_good(&shot, group);
    scene_wait_stops(&scene, FOVEA_STOP_CRASHED, 1);
    fovea_group_close(group);
}

static const struct {
    const char *text;
    enum fovea_stop_reason reason;
    enum fovea_status status;
    const char *part;
} bad_images[] = {
    { "exit 3", FOVEA_STOP_EXITED, FOVEA_ERR_WORKER_CRASHED,
            "the last by exit code 3" },
    { "garbage", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "received 12 bytes, which is no frame" },
    { "ready", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "READY out of turn" },
    { "nan", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "a vector that cannot be one" },
    { "long", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "a vector that cannot be one" },
    { "wrong-index", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "RESULT that makes no sense" },
    { "wrong-job", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "RESULT that makes no sense" },
    { "note 2147483648 of another day", FOVEA_STOP_PROTOCOL,
            FOVEA_ERR_WORKER_CRASHED, "RESULT that makes no sense" },
    { "note 1", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "RESULT that makes no sense" },
    { "note 0 about nothing", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "RESULT that makes no sense" },
    { "note 1 though it is refused", FOVEA_STOP_PROTOCOL,
            FOVEA_ERR_WORKER_CRASHED, "RESULT that makes no sense" },
    { "no-facts", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "RESULT that makes no sense" },
    { "bad-note facts", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "RESULT that makes no sense" },
    { "wide 70000", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "RESULT that makes no sense" },
    { "format 99", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "RESULT that makes no sense" },
    { "bad-note", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "RESULT that makes no sense" },
    { "says 104", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "RESULT that makes no sense" },
    { "says 401", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "RESULT that makes no sense" },
    { "says 312", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "RESULT that makes no sense" },
    { "took 3600000000000", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "RESULT that makes no sense" },
    { "decoded-twice", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "DECODED that makes no sense" },
    { "hang", FOVEA_STOP_IMAGE_TIMEOUT, FOVEA_ERR_WORKER_TIMEOUT,
            "no sign of life for 2 s with this image in flight (--image-time, " },
    { "close", FOVEA_STOP_PROTOCOL, FOVEA_ERR_WORKER_CRASHED,
            "it closed the channel and lived on" },
};

static void
every_bad_image_fails_with_its_reason(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene.settings.image_ns = 2 * FOVEA_NS_PER_S;
    scene_open(&scene);
    enum {
        N = sizeof bad_images / sizeof bad_images[0]
    };
    static struct shot shots[N];
    unsigned n_stops[FOVEA_STOP_COUNT] = { 0 };
    /* A model each, all at once. */
    for (size_t i = 0; i < N; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "model%zu", i);
        struct fovea_group *group = scene_group(&scene, name, NULL);
        shot_init(&shots[i], &scene, "%s", bad_images[i].text);
        shots[i].group = group;
        shot_must_submit(&shots[i], group);
        n_stops[bad_images[i].reason] += 2;
    }
    for (size_t i = 0; i < N; i++) {
        shot_check(&shots[i], bad_images[i].status, bad_images[i].part);
        struct shot good;
        shot_init(&good, &scene, "vector");
        shot_expect_good(&good, shots[i].group);
        fovea_group_close(shots[i].group);
    }
    for (int i = FOVEA_STOP_EXEC; i < FOVEA_STOP_COUNT; i++) {
        scene_wait_stops(&scene, (enum fovea_stop_reason)i, n_stops[i]);
    }
}

/* Whatever is in the file that is not a JPEG. */
static void
a_thumbnail_that_is_none_costs_its_worker(void **state)
{
    (void)state;
    scene_open(&scene);
    char directory[128];
    struct fovea_group_settings settings;
    struct fovea_group *group = NULL;
    struct fovea_error error;
    scene_group_settings(&scene, "one", directory, &settings);
    settings.kind = FOVEA_WORK_THUMBNAIL;
    settings.dimension = 0;
    settings.row_bytes = FAKE_ROW_BYTES;
    settings.shared_bytes = 0;
    assert_ok(fovea_group_open(scene.pool, &settings, &group, &error), &error);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect(&shot, group, FOVEA_ERR_WORKER_CRASHED,
            "a row that cannot be one");
    fovea_group_close(group);
}

/* What a worker says of an image comes with its vector. */
static void
facts_come_with_a_good_image(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "vector\nwide 30\nhigh 20\nformat 0\ntaken 86400");
    shot_expect_good(&shot, group);
    assert_string_equal(shot.facts.format, "jpeg");
    assert_int_equal(shot.facts.width_px, 30);
    assert_int_equal(shot.facts.height_px, 20);
    assert_int_equal(shot.facts.taken_s, 86400);
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, group);
    assert_string_equal(shot.facts.format, "png");
    assert_true(shot.facts.taken_s == FOVEA_TAKEN_UNKNOWN);
    shot_init(&shot, &scene, "bad");
    shot_expect(&shot, group, FOVEA_ERR_NOT_AN_IMAGE, "bad");
    assert_null(shot.facts.format);
    assert_int_equal(shot.facts.width_px, 0);
    fovea_group_close(group);
}

/* What a worker notes about a good image comes with it, and is counted. */
static void
notes_come_with_a_good_image_and_are_counted(void **state)
{
    (void)state;
    scene_open(&scene);
    char directory[128];
    struct fovea_group_settings settings;
    scene_group_settings(&scene, "one", directory, &settings);
    settings.limits.damaged = FOVEA_DAMAGED_ACCEPT;
    struct fovea_group *group = NULL;
    struct fovea_error error;
    assert_int_equal(mkdir(directory, 0700), 0);
    assert_ok(fovea_group_open(scene.pool, &settings, &group, &error), &error);
    struct shot shot;
    shot_init(&shot, &scene, "note 1 after 2 of\0333 rows");
    shot_expect_good(&shot, group);
    assert_int_equal(shot.result.notes, FOVEA_NOTE_DAMAGED);
    assert_string_equal(shot.result.message, "after 2 of?3 rows");
    shot_init(&shot, &scene, "note 3 both");
    shot_expect_good(&shot, group);
    assert_int_equal(shot.result.notes,
            FOVEA_NOTE_DAMAGED | FOVEA_NOTE_PREVIEW);
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, group);
    assert_int_equal(shot.result.notes, 0);
    assert_string_equal(shot.result.message, "");
    struct fovea_model_stats stats = read_model();
    assert_int_equal(stats.n_embedded, 3);
    assert_int_equal(stats.n_noted[0], 2);
    assert_int_equal(stats.n_noted[1], 1);
    fovea_group_close(group);
}

/* A result too many: what was right stays right. */
static void
a_result_too_many_costs_the_worker_alone(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "twice");
    shot_expect_good(&shot, group);
    scene_wait_stops(&scene, FOVEA_STOP_PROTOCOL, 1);
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, group);
    fovea_group_close(group);
}

/* A raw vector may be as long as it likes, but not infinite. */
static void
a_raw_vector_must_be_finite(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "nan");
    shot.raw = true;
    shot_expect(&shot, group, FOVEA_ERR_WORKER_CRASHED, "cannot be one");
    fovea_group_close(group);
}

/* Signals from outside, to one that works and to one that waits. */
static void
signals_from_outside_are_nobodys_fault(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "held go");
    shot_must_submit(&shot, group);
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 1);
    int64_t pid = scene_worker(&scene, FOVEA_WORKER_PROCESSING);
    assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
    scene_let_go(&scene, "go");
    shot_check_good(&shot);
    scene_wait_stops(&scene, FOVEA_STOP_KILLED, 1);

    /* One that no sanitizer catches. */
    assert_int_equal(kill(scene_resting_worker(&scene), SIGUSR1), 0);
    scene_wait_stops(&scene, FOVEA_STOP_KILLED, 2);
    assert_int_equal(scene_count_live(&scene), 0);
    shot_expect_good(&shot, group);
    fovea_group_close(group);
}

/* One that stands still is not waited for. */
static void
a_worker_that_stands_still_is_not_waited_for(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene.settings.image_ns = 2 * FOVEA_NS_PER_S;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, group);
    assert_int_equal(kill(scene_resting_worker(&scene), SIGSTOP), 0);
    shot_expect_good(&shot, group);
    scene_wait_stops(&scene, FOVEA_STOP_KILLED, 1);
    fovea_group_close(group);
}

static void
the_kernels_kill_for_memory_is_told_apart(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_write(&scene, "proc/vmstat", "oom_kill 7\n");
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "held go");
    shot_must_submit(&shot, group);
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 1);
    scene_write(&scene, "proc/vmstat", "oom_kill 8\n");
    int64_t pid = scene_worker(&scene, FOVEA_WORKER_PROCESSING);
    assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
    scene_let_go(&scene, "go");
    shot_check_good(&shot);
    scene_wait_stops(&scene, FOVEA_STOP_OOM, 1);
    fovea_group_close(group);
}

static void
the_last_line_of_the_log_tells_of_the_end(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "log here\033[2J\nexit 1");
    shot_expect(&shot, group, FOVEA_ERR_WORKER_CRASHED, "exit code 1");
    assert_string_equal(scene_wait_event(&scene, FOVEA_EVENT_WORKER_LOG, 1),
            "here?[2J");
    const char *message =
            scene_wait_event(&scene, FOVEA_EVENT_WORKER_STOPPED, 2);
    assert_non_null(strstr(message, "its last words: here"));
    fovea_group_close(group);
}

SCENE_MAIN(NULL, SCENE_TEST(one_bad_image_takes_two_workers_and_nobody_else),
        SCENE_TEST(a_second_try_may_be_good),
        SCENE_TEST(every_bad_image_fails_with_its_reason),
        SCENE_TEST(a_thumbnail_that_is_none_costs_its_worker),
        SCENE_TEST(facts_come_with_a_good_image),
        SCENE_TEST(notes_come_with_a_good_image_and_are_counted),
        SCENE_TEST(a_result_too_many_costs_the_worker_alone),
        SCENE_TEST(a_raw_vector_must_be_finite),
        SCENE_TEST(signals_from_outside_are_nobodys_fault),
        SCENE_TEST(a_worker_that_stands_still_is_not_waited_for),
        SCENE_TEST(the_kernels_kill_for_memory_is_told_apart),
        SCENE_TEST(the_last_line_of_the_log_tells_of_the_end))
