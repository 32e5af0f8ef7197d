/*
 * The real fovea-worker and memory: what it asks for before it decodes, what it
 * does with the answer, and what becomes of an image when there is none.
 */
#include <sys/resource.h>
#include <unistd.h>

#include "base/macros.h"
#include "support/pictures.h"
#include "support/test.h"
#include "support/worker_host.h"
#include "sys/memfd.h"

enum {
    SIDE = 2400,
    PICTURE_BYTES = SIDE * SIDE * 3, /* of an interlaced PNG, in memory */
    MAX_DIMENSION = 64,
};

static int
file_of(struct picture picture)
{
    int fd = -1;
    struct fovea_error error;
    assert_ok(fovea_memfd_from_bytes("picture", picture.bytes, picture.size,
                      &fd, &error),
            &error);
    free(picture.bytes);
    return fd;
}

static struct worker_host
ready_worker(unsigned n_threads)
{
    struct fovea_load load = worker_load_of("quick");
    struct worker_host host = worker_start();
    load.n_threads = n_threads;
    (void)worker_load(&host, &load, -1, NULL);
    return host;
}

static struct rlimit
data_limit(const struct worker_host *host)
{
    struct rlimit limit;
    assert_int_equal(prlimit(host->pid, RLIMIT_DATA, NULL, &limit), 0);
    return limit;
}

static void
embed(struct worker_host *host, int fd, enum fovea_status expected,
        const char *part)
{
    float vector[MAX_DIMENSION];
    struct fovea_result result;
    worker_send_job(host, 3, &fd, 1, true, -1);
    worker_receive_job(host, 3, 1, 20, &result, vector);
    if (result.status != expected || !strstr(result.message, part)) {
        fail_msg("%s: %s", fovea_status_name(result.status), result.message);
    }
}

static void
what_streams_asks_for_nothing(void **state)
{
    (void)state;
    struct worker_host host = ready_worker(1);
    int png = file_of(picture_png(SIDE, SIDE, false));
    int jpeg = file_of(picture_jpeg(SIDE, SIDE, false, true));
    embed(&host, png, FOVEA_OK, "");
    embed(&host, jpeg, FOVEA_OK, "");
    assert_int_equal(host.n_needs, 0);
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
    (void)close(png);
    (void)close(jpeg);
}

static void
what_does_not_asks_for_what_it_takes(void **state)
{
    (void)state;
    struct worker_host host = ready_worker(1);
    struct rlimit before = data_limit(&host);
    int fd = file_of(picture_png(SIDE, SIDE, true));
    for (size_t i = 1; i <= 3; i++) {
        embed(&host, fd, FOVEA_OK, "");
        assert_int_equal(host.n_needs, i);
    }
    uint64_t most = PICTURE_BYTES + PICTURE_BYTES / 10;
    uint64_t price = host.needed_bytes + FOVEA_DECODE_FREE_BYTES;
    assert_true(price >= PICTURE_BYTES && price <= most);
    /* All of it was given back. */
    assert_int_equal(data_limit(&host).rlim_cur, before.rlim_cur);
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
    (void)close(fd);
}

static void
a_refusal_is_that_image_s(void **state)
{
    (void)state;
    static const char *const paths[] = { "samples/scenes/forest.jpg" };
    struct worker_host host = ready_worker(1);
    float vector[MAX_DIMENSION];
    struct fovea_result result;
    int fd = file_of(picture_png(SIDE, SIDE, true));
    host.grant = (struct fovea_grant){
        .status = FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY,
        .message = "there is not so much",
    };
    embed(&host, fd, FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY, "there is not so much");
    worker_embed(&host, paths, 1, true, 20, &result, vector);
    assert_int_equal(result.status, FOVEA_OK);
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
    (void)close(fd);
}

/* What is over the limit on an image is not asked for. */
static void
its_own_limit_comes_first(void **state)
{
    (void)state;
    struct fovea_load load = worker_load_of("quick");
    struct worker_host host = worker_start();
    load.limits.max_decode_bytes = PICTURE_BYTES;
    (void)worker_load(&host, &load, -1, NULL);
    int fd = file_of(picture_png(SIDE, SIDE, true));
    embed(&host, fd, FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY,
            "limit of 16 MB (--max-image-memory, "
            "fovea_limits.max_decode_bytes)");
    assert_int_equal(host.n_needs, 0);
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
    (void)close(fd);
}

/* A kernel's limit, not the host's word, is what holds a codec that takes more
   than it should: without the grant the picture does not fit. */
static void
memory_is_bounded_by_what_was_granted(void **state)
{
    (void)state;
    static const char *const paths[] = { "samples/scenes/forest.jpg" };
    struct worker_host host = ready_worker(1);
    float vector[MAX_DIMENSION];
    struct fovea_result result;
    struct rlimit limit = data_limit(&host);
    if (limit.rlim_cur == RLIM_INFINITY) { /* not sealed */
        worker_end(&host, FOVEA_WORKER_EXIT_OK);
        return;
    }
    assert_int_equal(limit.rlim_max - limit.rlim_cur,
            FOVEA_DEFAULT_MAX_DECODE_BYTES);
    limit.rlim_max = limit.rlim_cur; /* as if nothing could be granted */
    assert_int_equal(prlimit(host.pid, RLIMIT_DATA, &limit, NULL), 0);
    int fd = file_of(picture_png(2 * SIDE, 2 * SIDE, true));
    embed(&host, fd, FOVEA_ERR_NO_MEMORY, "");
    worker_embed(&host, paths, 1, true, 20, &result, vector);
    assert_int_equal(result.status, FOVEA_OK);
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
    (void)close(fd);
}

/* One question at a time: the other thread's comes after the first answer. */
static void
threads_ask_in_turn(void **state)
{
    (void)state;
    struct worker_host host = ready_worker(2);
    int fd = file_of(picture_png(SIDE, SIDE, true));
    const int fds[] = { fd, fd, fd, fd };
    float vectors[4 * MAX_DIMENSION];
    struct fovea_result results[4];
    worker_send_job(&host, 9, fds, 4, true, -1);
    worker_receive_job(&host, 9, 4, 20, results, vectors);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(results[i].status, FOVEA_OK);
        assert_memory_equal(vectors + i * 20, vectors, 20 * sizeof(float));
    }
    assert_int_equal(host.n_needs, 4);
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
    (void)close(fd);
}

static void
send_grant(struct worker_host *host, uint64_t id, uint32_t index)
{
    const struct fovea_grant grant = { .index = index };
    uint8_t bytes[64];
    struct fovea_writer writer;
    struct fovea_error error;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_grant_write(&grant, &writer);
    assert_ok(fovea_frame_send(host->channel, FOVEA_FRAME_GRANT, id, bytes,
                      writer.size, NULL, 0, &error),
            &error);
}

/* A worker that has asked; the NEED was received. */
static struct worker_host
asking_worker(void)
{
    struct worker_host host = ready_worker(1);
    struct fovea_frame frame;
    int fd = file_of(picture_png(SIDE, SIDE, true));
    worker_send_job(&host, 5, &fd, 1, true, -1);
    (void)close(fd);
    worker_receive(&host, FOVEA_FRAME_NEED, &frame);
    fovea_frame_finish(&frame);
    return host;
}

static void
answers_that_make_no_sense_end_it(void **state)
{
    (void)state;
    struct worker_host host = asking_worker();
    send_grant(&host, 5, 1);
    worker_expect_exit(&host, FOVEA_WORKER_EXIT_PROTOCOL);
    host = asking_worker();
    send_grant(&host, 6, 0);
    worker_expect_exit(&host, FOVEA_WORKER_EXIT_PROTOCOL);
    host = asking_worker();
    int fd = STDIN_FILENO;
    worker_send_job(&host, 5, &fd, 1, false, -1);
    worker_expect_exit(&host, FOVEA_WORKER_EXIT_PROTOCOL);
    host = ready_worker(1); /* and one that nobody asked for */
    send_grant(&host, 5, 0);
    worker_expect_exit(&host, FOVEA_WORKER_EXIT_PROTOCOL);
    host = asking_worker();
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
}

int
main(int argc, char **argv)
{
    worker_arguments(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_streams_asks_for_nothing),
        cmocka_unit_test(what_does_not_asks_for_what_it_takes),
        cmocka_unit_test(a_refusal_is_that_image_s),
        cmocka_unit_test(its_own_limit_comes_first),
        cmocka_unit_test(memory_is_bounded_by_what_was_granted),
        cmocka_unit_test(threads_ask_in_turn),
        cmocka_unit_test(answers_that_make_no_sense_end_it),
    };
    return cmocka_run_group_tests_name("worker_memory", tests, NULL, NULL);
}
