/* The end: with work left, with workers that will not go, and in a child that
   was forked. */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/scene.h"
#include "sys/memfd.h"

static struct scene scene;

/* What was submitted is done first. */
static void
what_was_submitted_is_done_first(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", "slow 50");
    static struct shot shots[30];
    for (unsigned i = 0; i < 30; i++) {
        shot_init(&shots[i], &scene, "slow 5\n%u", i);
        shot_must_submit(&shots[i], group);
    }
    fovea_group_close(group);
    scene_close(&scene);
    for (unsigned i = 0; i < 30; i++) {
        assert_int_equal(shot_answers(&shots[i]), 1);
        shot_check_good(&shots[i]);
    }
}

/* As far as the time goes. */
static void
draining_ends_in_time(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene.settings.drain_ns = 200 * FOVEA_NS_PER_MS;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    static struct shot shots[3];
    for (unsigned i = 0; i < 3; i++) {
        shot_init(&shots[i], &scene, "hang\n%u", i);
        shot_must_submit(&shots[i], group);
    }
    fovea_group_close(group);
    scene_close(&scene);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(shot_answers(&shots[i]), 1);
        shot_check(&shots[i], FOVEA_ERR_SHUTTING_DOWN, "closed before");
    }
    assert_int_equal(scene_count_stops(&scene, FOVEA_STOP_SHUTDOWN), 1);
}

static void
without_draining_all_is_refused_at_once(void **state)
{
    (void)state;
    scene.settings.drain_ns = 0;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", "hang");
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_must_submit(&shot, group);
    fovea_group_close(group);
    scene_close(&scene);
    assert_int_equal(shot_answers(&shot), 1);
    shot_check(&shot, FOVEA_ERR_SHUTTING_DOWN, "closed before");
}

/* Stopped workers do not hear SIGTERM. */
static void
a_stopped_worker_is_killed(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, group);
    pid_t pid = scene_resting_worker(&scene);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    fovea_group_close(group);
    scene_close(&scene);
    assert_int_equal(kill(pid, 0), -1);
}

static struct fovea_group *refused_model;
static unsigned n_refused;

static void
refuse(void *context, const struct fovea_pool_outcome *outcome)
{
    struct shot *late = context;
    struct fovea_error error;
    n_refused += outcome->error.code == FOVEA_ERR_SHUTTING_DOWN &&
            shot_submit(late, refused_model, &error) == outcome->error.code;
}

/* Whoever submits again from a callback is refused, and the end comes. */
static void
nothing_is_taken_while_closing(void **state)
{
    (void)state;
    scene.settings.drain_ns = 0;
    scene_open(&scene);
    refused_model = scene_group(&scene, "one", "hang");
    n_refused = 0;
    struct shot late;
    shot_init(&late, &scene, "vector");
    struct fovea_pool_request image = {
        .fd = -1,
        .size = 6,
        .deadline_ns = FOVEA_NEVER,
        .done = refuse,
        .context = &late,
    };
    struct fovea_error error;
    assert_ok(fovea_memfd_from_bytes("late", "vector", 6, &image.fd, &error),
            &error);
    assert_ok(fovea_group_submit(refused_model, &image, NULL, &error), &error);
    scene_close(&scene);
    assert_int_equal(n_refused, 1);
}

static int
try_in_child(struct fovea_group *group)
{
    struct fovea_error error = { .code = FOVEA_OK };
    struct shot shot;
    struct fovea_pool_stats stats;
    shot_init(&shot, &scene, "vector");
    bool good = shot_submit(&shot, group, &error) == FOVEA_ERR_FORKED &&
            fovea_group_prewarm(group, &error) == FOVEA_ERR_FORKED &&
            fovea_stats_read(scene.pool, &stats, &error) == FOVEA_ERR_FORKED &&
            !fovea_group_has_workers(group);
    fovea_group_cancel(group, 1);
    fovea_group_close(group);
    fovea_pool_destroy(scene.pool);
    return good ? 0 : 1;
}

static void
a_forked_child_is_refused(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, group);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(try_in_child(group));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    shot_expect_good(&shot, group);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_WORKER_STOPPED), 0);
    fovea_group_close(group);
}

/* Ends as a program does that is killed: its worker must not outlive it. */
static void
workers_die_with_the_host(void **state)
{
    (void)state;
    int pipe_fds[2];
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        scene.settings.max_workers = 1;
        scene_open(&scene);
        struct fovea_group *group = scene_group(&scene, "one", NULL);
        struct shot shot;
        shot_init(&shot, &scene, "vector");
        shot_expect_good(&shot, group);
        pid_t pid = scene_resting_worker(&scene);
        (void)!write(pipe_fds[1], &pid, sizeof pid);
        (void)kill(getpid(), SIGKILL);
    }
    pid_t pid = 0;
    assert_int_equal(read(pipe_fds[0], &pid, sizeof pid), sizeof pid);
    assert_int_equal(waitpid(child, NULL, 0), child);
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, 3);
    int64_t until = fovea_clock_ns() + SCENE_PATIENCE_NS;
    while (access(path, F_OK) == 0 && fovea_clock_ns() < until) {
        sleep_ns(FOVEA_NS_PER_MS);
    }
    assert_int_equal(access(path, F_OK), -1);
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
}

SCENE_MAIN(NULL, SCENE_TEST(what_was_submitted_is_done_first),
        SCENE_TEST(draining_ends_in_time),
        SCENE_TEST(without_draining_all_is_refused_at_once),
        SCENE_TEST(a_stopped_worker_is_killed),
        SCENE_TEST(nothing_is_taken_while_closing),
        SCENE_TEST(a_forked_child_is_refused),
        SCENE_TEST(workers_die_with_the_host))
