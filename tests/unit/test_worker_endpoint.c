/* The worker's end of the channel: what it lets pass, and why it says that a
   worker is to end. */
#include <sys/socket.h>
#include <unistd.h>

#include "support/test.h"
#include "wire/messages.h"
#include "worker/endpoint.h"

struct scene {
    int host; /* the other end; -1: closed */
    int fd;
    struct fovea_endpoint endpoint;
};

static struct scene
make_scene(void)
{
    int pair[2];
    struct fovea_error error;
    assert_int_equal(
            socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    struct scene scene = { .host = pair[0], .fd = pair[1] };
    assert_ok(fovea_endpoint_init(&scene.endpoint, scene.fd, &error), &error);
    return scene;
}

static void
hang_up(struct scene *scene)
{
    (void)close(scene->host);
    scene->host = -1;
}

static void
drop_scene(struct scene *scene)
{
    fovea_endpoint_finish(&scene->endpoint);
    (void)close(scene->fd);
    if (scene->host >= 0) {
        hang_up(scene);
    }
}

/* A payload does not matter here. */
static void
host_says(const struct scene *scene, enum fovea_frame_type type)
{
    struct fovea_error error;
    assert_ok(fovea_frame_send(scene->host, type, 7, "x", 1, NULL, 0, &error),
            &error);
}

/* What the host hears next: 0: nothing is there, -1: the end. */
static int
host_hears(const struct scene *scene)
{
    static uint8_t buffer[FOVEA_FRAME_MAX_SIZE];
    ssize_t n = recv(scene->host, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n <= 0) {
        return n == 0 ? -1 : 0;
    }
    struct fovea_frame frame;
    struct fovea_error error;
    assert_ok(fovea_frame_parse(buffer, (size_t)n, &frame, &error), &error);
    assert_int_equal(frame.id, 9);
    assert_int_equal(frame.size, 4);
    return (int)frame.type;
}

static bool
say(struct scene *scene, enum fovea_frame_type type)
{
    struct fovea_writer writer = fovea_endpoint_begin(&scene->endpoint);
    fovea_write_u32(&writer, 5);
    return fovea_endpoint_send(&scene->endpoint, type, 9, &writer, NULL, 0);
}

static bool
hear(struct scene *scene, enum fovea_frame_type type)
{
    struct fovea_frame frame;
    if (!fovea_endpoint_receive(&scene->endpoint, &frame)) {
        return false;
    }
    assert_int_equal(frame.type, type);
    assert_int_equal(frame.id, 7);
    fovea_frame_finish(&frame);
    return true;
}

static void
get_ready(struct scene *scene)
{
    assert_true(say(scene, FOVEA_FRAME_HELLO));
    host_says(scene, FOVEA_FRAME_LOAD);
    assert_true(hear(scene, FOVEA_FRAME_LOAD));
    assert_true(say(scene, FOVEA_FRAME_READY));
    assert_int_equal(host_hears(scene), FOVEA_FRAME_HELLO);
    assert_int_equal(host_hears(scene), FOVEA_FRAME_READY);
}

static void
expect_broken(struct scene *scene, enum fovea_worker_exit expected)
{
    enum fovea_worker_exit why = FOVEA_WORKER_EXIT_USAGE;
    assert_true(fovea_endpoint_is_broken(&scene->endpoint, &why));
    assert_int_equal(why, expected);
    while (scene->host >= 0 && host_hears(scene) > 0) {
    }
    assert_false(say(scene, FOVEA_FRAME_RESULT));
    assert_true(scene->host < 0 || host_hears(scene) == 0);
    /* The first reason stays. */
    fovea_endpoint_break(&scene->endpoint, FOVEA_WORKER_EXIT_SANDBOX);
    assert_true(fovea_endpoint_is_broken(&scene->endpoint, &why));
    assert_int_equal(why, expected);
}

static void
jobs_follow_each_other(void **state)
{
    (void)state;
    struct scene scene = make_scene();
    enum fovea_worker_exit why = FOVEA_WORKER_EXIT_OK;
    get_ready(&scene);
    for (int round = 0; round < 2; round++) {
        host_says(&scene, FOVEA_FRAME_JOB);
        assert_true(hear(&scene, FOVEA_FRAME_JOB));
        assert_true(say(&scene, FOVEA_FRAME_NEED));
        assert_true(say(&scene, FOVEA_FRAME_RESULT)); /* of another thread */
        host_says(&scene, FOVEA_FRAME_GRANT);
        assert_true(hear(&scene, FOVEA_FRAME_GRANT));
        assert_true(say(&scene, FOVEA_FRAME_DECODED));
        assert_true(say(&scene, FOVEA_FRAME_RESULT));
        fovea_endpoint_finish_job(&scene.endpoint);
        assert_int_equal(host_hears(&scene), FOVEA_FRAME_NEED);
        assert_int_equal(host_hears(&scene), FOVEA_FRAME_RESULT);
        assert_int_equal(host_hears(&scene), FOVEA_FRAME_DECODED);
        assert_int_equal(host_hears(&scene), FOVEA_FRAME_RESULT);
        assert_int_equal(host_hears(&scene), 0);
    }
    assert_false(fovea_endpoint_is_broken(&scene.endpoint, &why));
    drop_scene(&scene);
}

/* Every type that the host may not send when it is its turn. */
static void
what_may_not_come_breaks_it(void **state)
{
    (void)state;
    for (int type = FOVEA_FRAME_HELLO; type <= FOVEA_FRAME_LAST; type++) {
        if (type == FOVEA_FRAME_JOB) {
            continue;
        }
        struct scene scene = make_scene();
        get_ready(&scene);
        host_says(&scene, (enum fovea_frame_type)type);
        assert_false(hear(&scene, FOVEA_FRAME_JOB));
        expect_broken(&scene, FOVEA_WORKER_EXIT_PROTOCOL);
        drop_scene(&scene);
    }
}

static void
what_is_no_frame_breaks_it(void **state)
{
    (void)state;
    struct scene scene = make_scene();
    get_ready(&scene);
    assert_int_equal(send(scene.host, "what is this", 12, 0), 12);
    assert_false(hear(&scene, FOVEA_FRAME_JOB));
    expect_broken(&scene, FOVEA_WORKER_EXIT_PROTOCOL);
    drop_scene(&scene);
}

static void
the_hosts_end_is_in_order_where_it_was_waited_for(void **state)
{
    (void)state;
    struct scene scene = make_scene();
    get_ready(&scene);
    hang_up(&scene);
    assert_false(hear(&scene, FOVEA_FRAME_JOB));
    expect_broken(&scene, FOVEA_WORKER_EXIT_OK);
    drop_scene(&scene);

    scene = make_scene();
    hang_up(&scene);
    assert_false(say(&scene, FOVEA_FRAME_HELLO));
    expect_broken(&scene, FOVEA_WORKER_EXIT_CHANNEL);
    drop_scene(&scene);
}

/* A job whose answers nobody takes is over like any other. */
static void
a_broken_job_can_be_finished(void **state)
{
    (void)state;
    struct scene scene = make_scene();
    get_ready(&scene);
    host_says(&scene, FOVEA_FRAME_JOB);
    assert_true(hear(&scene, FOVEA_FRAME_JOB));
    assert_true(say(&scene, FOVEA_FRAME_NEED));
    hang_up(&scene);
    assert_false(hear(&scene, FOVEA_FRAME_GRANT));
    fovea_endpoint_finish_job(&scene.endpoint);
    expect_broken(&scene, FOVEA_WORKER_EXIT_OK);
    drop_scene(&scene);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_follow_each_other),
        cmocka_unit_test(what_may_not_come_breaks_it),
        cmocka_unit_test(what_is_no_frame_breaks_it),
        cmocka_unit_test(the_hosts_end_is_in_order_where_it_was_waited_for),
        cmocka_unit_test(a_broken_job_can_be_finished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
