/*
 * A host that stands still for longer than its workers may: what they did
 * meanwhile is not held against them. And images that are answered while their
 * workers wait for memory.
 *
 * The pool's thread stands still in a callback, at the scene's lock.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "pool/internal.h"
#include "pool/slot.h"
#include "support/scene.h"

static struct scene scene;

/* Ours of the channel of the one worker of a model, and its process. */
static int
channel_of(struct fovea_group *group, pid_t *pid_out)
{
    int channel = -1;
    fovea_lock(scene.pool);
    for (unsigned i = 0; i < scene.pool->n_slots; i++) {
        const struct fovea_slot *slot = &scene.pool->slots[i];
        if (slot->group == group && fovea_slot_lives(slot)) {
            channel = slot->channel;
            *pid_out = slot->pid;
        }
    }
    fovea_unlock(scene.pool);
    assert_true(channel >= 0);
    return channel;
}

/* An image that the pool's thread will stand still at. */
static void
hold(struct shot *shot, struct fovea_group *group)
{
    shot_init(shot, &scene, "held hold");
    shot_must_submit(shot, group);
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 1);
}

/* The pool's thread is about to tell of that image, and cannot. n: of others that
   are at work. */
static void
stand_still(unsigned n)
{
    (void)pthread_mutex_lock(&scene.mu);
    scene_let_go(&scene, "hold");
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, n);
}

static void
go_on_after(int64_t ns)
{
    int64_t until = fovea_clock_ns() + ns;
    while (fovea_clock_ns() < until) {
        sleep_ns(until - fovea_clock_ns());
    }
    (void)pthread_mutex_unlock(&scene.mu);
}

static void
wait_readable(int channel)
{
    struct pollfd word = { .fd = channel, .events = POLLIN };
    int64_t ms = SCENE_PATIENCE_NS / FOVEA_NS_PER_MS;
    assert_int_equal(poll(&word, 1, (int)ms), 1);
}

static void
an_answer_that_is_there_counts(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene.settings.image_ns = 5 * FOVEA_NS_PER_S;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct fovea_group *other = scene_group(&scene, "other", NULL);
    struct shot held;
    struct shot shot;
    pid_t pid = 0;
    hold(&held, other);
    shot_init(&shot, &scene, "held go");
    shot_must_submit(&shot, group);
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 2);
    int channel = channel_of(group, &pid);
    stand_still(1);
    scene_let_go(&scene, "go");
    wait_readable(channel);
    go_on_after(scene.settings.image_ns);
    shot_check_good(&shot);
    shot_check_good(&held);
    assert_int_equal(scene_count_stops(&scene, FOVEA_STOP_IMAGE_TIMEOUT), 0);
    fovea_group_close(group);
    fovea_group_close(other);
}

static void
a_worker_that_is_ready_counts(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene.settings.load_ns = 5 * FOVEA_NS_PER_S;
    scene_open(&scene);
    struct fovea_group *other = scene_group(&scene, "other", NULL);
    struct fovea_group *group = scene_group(&scene, "one", "held go");
    struct shot held;
    struct shot shot;
    pid_t pid = 0;
    hold(&held, other);
    shot_init(&shot, &scene, "vector");
    shot_must_submit(&shot, group);
    scene_wait_workers(&scene, FOVEA_WORKER_LOADING, 1);
    int channel = channel_of(group, &pid);
    stand_still(0);
    scene_let_go(&scene, "go");
    wait_readable(channel);
    go_on_after(scene.settings.load_ns);
    shot_check_good(&shot);
    shot_check_good(&held);
    assert_int_equal(scene_count_stops(&scene, FOVEA_STOP_LOAD_TIMEOUT), 0);
    fovea_group_close(group);
    fovea_group_close(other);
}

/* It did not hang: somebody killed it, and the image is not at fault. */
static void
who_was_killed_did_not_hang(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    scene.settings.image_ns = 5 * FOVEA_NS_PER_S;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct fovea_group *other = scene_group(&scene, "other", NULL);
    struct shot held;
    struct shot shot;
    pid_t pid = 0;
    siginfo_t info;
    hold(&held, other);
    shot_init(&shot, &scene, "held go");
    shot_must_submit(&shot, group);
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 2);
    (void)channel_of(group, &pid);
    stand_still(1);
    scene_let_go(&scene, "go");
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    go_on_after(scene.settings.image_ns);
    shot_check_good(&shot);
    shot_check_good(&held);
    assert_int_equal(scene_count_stops(&scene, FOVEA_STOP_IMAGE_TIMEOUT), 0);
    fovea_group_close(group);
    fovea_group_close(other);
}

/* Behind one that waits for memory too, and has all the time. */
static void
an_image_that_is_answered_waits_for_no_memory(void **state)
{
    (void)state;
    scene.settings.max_workers = 3;
    scene.settings.memory_limit_bytes = 400 * SCENE_MIB;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct fovea_error error;
    do {
        assert_ok(fovea_group_prewarm(group, &error), &error);
    } while (scene_count_live(&scene) < 3);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/gate", scene.directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    struct shot first;
    struct shot second;
    struct shot third;
    struct shot fourth;
    shot_init(&first, &scene, "vector\nneed 209715200\nheld %s", path);
    shot_must_submit(&first, group);
    FOVEA_AUTO_FD int gate = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(gate >= 0);
    shot_init(&second, &scene, "vector second\nneed 209715200");
    shot_must_submit(&second, group);
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 2);
    shot_init(&third, &scene, "vector third\nneed 209715200");
    third.deadline_ns = fovea_clock_ns() + 50 * FOVEA_NS_PER_MS;
    shot_must_submit(&third, group);
    shot_check(&third, FOVEA_ERR_DEADLINE, "deadline");
    shot_init(&fourth, &scene, "vector");
    shot_expect_good(&fourth, group);
    assert_int_equal(shot_answers(&first) + shot_answers(&second), 0);
    (void)close(gate);
    gate = -1;
    shot_check_good(&first);
    shot_check_good(&second);
    fovea_group_close(group);
}

/* Another model's worker that never runs out of work goes after a while, and its
   images wait for the next one. */
static void
an_image_does_not_wait_for_the_end_of_work(void **state)
{
    (void)state;
    enum {
        N = 1000 /* of 5 ms at least */
    };
    scene.settings.max_workers = 1;
    scene.settings.memory_limit_bytes = 400 * SCENE_MIB;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct fovea_group *other = scene_group(&scene, "other", NULL);
    struct fovea_error error;
    assert_ok(fovea_group_prewarm(group, &error), &error);
    static struct shot shots[N];
    static struct shot needy;
    for (unsigned i = 0; i < N; i++) {
        shot_init(&shots[i], &scene, "%s\n%u", i ? "slow 5" : "held go", i);
        shots[i].is_admitted = true;
        shot_must_submit(&shots[i], other);
    }
    /* With its worker it leaves too little for the other. */
    shot_init(&needy, &scene, "vector\nneed 335544320");
    shot_must_submit(&needy, group);
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 2);
    scene_let_go(&scene, "go");
    shot_check_good(&needy);
    for (unsigned i = 0; i < N; i++) {
        shot_check_good(&shots[i]);
    }
    assert_true(needy.order < shots[N - 1].order);
    scene_wait_stops(&scene, FOVEA_STOP_MEMORY, 1);
    fovea_group_close(group);
    fovea_group_close(other);
}

SCENE_MAIN(NULL, SCENE_TEST(an_answer_that_is_there_counts),
        SCENE_TEST(a_worker_that_is_ready_counts),
        SCENE_TEST(who_was_killed_did_not_hang),
        SCENE_TEST(an_image_that_is_answered_waits_for_no_memory),
        SCENE_TEST(an_image_does_not_wait_for_the_end_of_work))
