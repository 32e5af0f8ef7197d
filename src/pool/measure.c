/* See measure.h. */
#include "pool/measure.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "pool/spawn.h"
#include "sys/program.h"

/* What is said to it, and what it says. */
struct talk {
    int channel;
    enum fovea_channel_state state;
    int64_t until_ns;
    uint8_t *buffer; /* a frame */
};

/* Until something can be read, or it is gone. */
static enum fovea_status
wait_for_it(const struct talk *talk, struct fovea_error *err)
{
    struct pollfd item = { .fd = talk->channel, .events = POLLIN };
    int n = 0;
    do {
        const int64_t left_ms =
                (talk->until_ns - fovea_clock_ns()) / FOVEA_NS_PER_MS;
        n = poll(&item, 1,
                left_ms < 0                   ? 0
                        : left_ms < INT32_MAX ? (int)left_ms
                                              : INT32_MAX);
    } while (n < 0 && errno == EINTR);
    return n == 1 ? FOVEA_OK
                  : fovea_fail(err, FOVEA_ERR_WORKER_TIMEOUT,
                            "a worker that measures does not answer");
}

/* One frame that may come; to be finished. */
static enum fovea_status
hear(struct talk *talk, struct fovea_frame *frame_out, struct fovea_error *err)
{
    enum fovea_received received = FOVEA_RECEIVED_NOTHING;
    while (received == FOVEA_RECEIVED_NOTHING) {
        enum fovea_status status = wait_for_it(talk, err);
        if (!status) {
            status = fovea_frame_receive(talk->channel, talk->buffer, &received,
                    frame_out, err);
        }
        if (status) {
            return status;
        }
    }
    if (received == FOVEA_RECEIVED_END) {
        return fovea_fail(err, FOVEA_ERR_WORKER_START,
                "a worker that measures has ended");
    }
    if (!fovea_channel_advance(&talk->state, frame_out->type)) {
        fovea_frame_finish(frame_out);
        return fovea_fail(err, FOVEA_ERR_WORKER_START,
                "a worker that measures says what it may not");
    }
    return FOVEA_OK;
}

static enum fovea_status
greet(struct talk *talk, struct fovea_error *err)
{
    struct fovea_frame frame;
    struct fovea_hello hello;
    enum fovea_status status = hear(talk, &frame, err);
    if (status) {
        return status;
    }
    const bool is_ours = fovea_hello_read(&frame, &hello) &&
            hello.protocol == FOVEA_PROTOCOL_VERSION &&
            strcmp(hello.build, FOVEA_VERSION) == 0;
    fovea_frame_finish(&frame);
    return is_ours ? FOVEA_OK
                   : fovea_fail(err, FOVEA_ERR_WORKER_START,
                             "the worker program is of another build");
}

static enum fovea_status
ask(struct talk *talk, const struct fovea_choice_shape *shape,
        struct fovea_error *err)
{
    uint8_t bytes[64];
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_measure_write(shape, &writer);
    FOVEA_ASSERT(!writer.overflow);
    fovea_channel_send(&talk->state, FOVEA_FRAME_MEASURE);
    return fovea_frame_send(talk->channel, FOVEA_FRAME_MEASURE, 0, bytes,
            writer.size, NULL, 0, err);
}

static enum fovea_status
take_answer(struct talk *talk, struct fovea_choice_times *times_out,
        struct fovea_error *err)
{
    struct fovea_frame frame;
    struct fovea_choice_times times;
    struct fovea_failed failed;
    enum fovea_status status = hear(talk, &frame, err);
    if (status) {
        return status;
    }
    if (frame.type == FOVEA_FRAME_MEASURED &&
            fovea_measured_read(&frame, &times)) {
        *times_out = times;
    } else if (frame.type == FOVEA_FRAME_FAILED &&
            fovea_failed_read(&frame, &failed)) {
        status = fovea_fail(err, failed.status, "%s", failed.message);
    } else {
        status = fovea_fail(err, FOVEA_ERR_WORKER_START,
                "a worker that measures sends what makes no sense");
    }
    fovea_frame_finish(&frame);
    return status;
}

static enum fovea_status
converse(struct talk *talk, const struct fovea_choice_shape *shape,
        struct fovea_choice_times *times_out, struct fovea_error *err)
{
    enum fovea_status status = greet(talk, err);
    if (!status) {
        status = ask(talk, shape, err);
    }
    return status ? status : take_answer(talk, times_out, err);
}

/* Whatever it is at, it is not needed any more. */
static void
end(struct fovea_spawned *spawned)
{
    if (spawned->process.pid > 0) {
        (void)!fovea_process_signal(&spawned->process, SIGKILL);
        (void)fovea_process_wait(&spawned->process);
        fovea_process_close(&spawned->process);
    }
    fovea_auto_fd(&spawned->channel);
    fovea_auto_fd(&spawned->log_fd);
}

enum fovea_status
fovea_pool_measure(const struct fovea_pool *pool,
        const struct fovea_choice_shape *shape,
        struct fovea_choice_times *times_out, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *program = NULL;
    FOVEA_AUTO_FREE uint8_t *buffer = malloc(FOVEA_FRAME_MAX_SIZE);
    if (!buffer) {
        return fovea_fail_memory(err, FOVEA_FRAME_MAX_SIZE, "a frame");
    }
    enum fovea_status status = fovea_program_find(FOVEA_PROGRAM_WORKER,
            pool->settings.worker_program, &program, err);
    if (status) {
        return status;
    }
    struct fovea_spawned spawned;
    status = fovea_spawn_program(program, pool->environment, &spawned, err);
    if (!status) {
        struct talk talk = { .channel = spawned.channel,
            .state = FOVEA_CHANNEL_NEW,
            .until_ns = fovea_later(fovea_clock_ns(), pool->settings.load_ns),
            .buffer = buffer };
        status = converse(&talk, shape, times_out, err);
    }
    end(&spawned);
    return status;
}
