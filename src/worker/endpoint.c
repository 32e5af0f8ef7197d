/* See endpoint.h. */
#include "worker/endpoint.h"

#include <stdlib.h>

#include "base/error.h"

enum fovea_status
fovea_endpoint_init(struct fovea_endpoint *endpoint, int fd,
        struct fovea_error *err)
{
    *endpoint = (struct fovea_endpoint){
        .fd = fd,
        .received = malloc(FOVEA_FRAME_MAX_SIZE),
        .turn = PTHREAD_MUTEX_INITIALIZER,
        .payload = malloc(FOVEA_FRAME_MAX_PAYLOAD),
        .state = FOVEA_CHANNEL_NEW,
    };
    return endpoint->received && endpoint->payload
            ? FOVEA_OK
            : fovea_fail_memory(err, FOVEA_FRAME_MAX_SIZE, "the channel");
}

void
fovea_endpoint_finish(struct fovea_endpoint *endpoint)
{
    (void)pthread_mutex_destroy(&endpoint->turn);
    free(endpoint->received);
    free(endpoint->payload);
}

struct fovea_writer
fovea_endpoint_begin(struct fovea_endpoint *endpoint)
{
    struct fovea_writer writer;
    (void)pthread_mutex_lock(&endpoint->turn);
    fovea_writer_init(&writer, endpoint->payload, FOVEA_FRAME_MAX_PAYLOAD);
    return writer;
}

/* With the turn. The first reason stays. */
static void
set_broken(struct fovea_endpoint *endpoint, enum fovea_worker_exit why)
{
    if (!endpoint->is_broken) {
        endpoint->is_broken = true;
        endpoint->exit = why;
    }
}

bool
fovea_endpoint_send(struct fovea_endpoint *endpoint, enum fovea_frame_type type,
        uint64_t id, const struct fovea_writer *writer, const int *fds,
        size_t n_fds)
{
    FOVEA_ASSERT(!writer->overflow);
    if (!endpoint->is_broken) {
        fovea_channel_send(&endpoint->state, type);
        if (fovea_frame_send(endpoint->fd, type, id, writer->bytes,
                    writer->size, fds, n_fds, NULL)) {
            set_broken(endpoint, FOVEA_WORKER_EXIT_CHANNEL);
        }
    }
    bool is_sent = !endpoint->is_broken;
    (void)pthread_mutex_unlock(&endpoint->turn);
    return is_sent;
}

/* The table lets it come. */
static bool
advance(struct fovea_endpoint *endpoint, enum fovea_frame_type type)
{
    (void)pthread_mutex_lock(&endpoint->turn);
    bool is_legal = fovea_channel_advance(&endpoint->state, type);
    (void)pthread_mutex_unlock(&endpoint->turn);
    return is_legal;
}

bool
fovea_endpoint_receive(struct fovea_endpoint *endpoint,
        struct fovea_frame *frame_out)
{
    enum fovea_received received = FOVEA_RECEIVED_END;
    struct fovea_frame frame;
    enum fovea_status status = fovea_frame_receive(endpoint->fd,
            endpoint->received, &received, &frame, NULL);
    if (status) {
        fovea_endpoint_break(endpoint,
                status == FOVEA_ERR_INTERNAL ? FOVEA_WORKER_EXIT_PROTOCOL
                                             : FOVEA_WORKER_EXIT_CHANNEL);
        return false;
    }
    if (received != FOVEA_RECEIVED_FRAME) {
        fovea_endpoint_break(endpoint,
                received == FOVEA_RECEIVED_END ? FOVEA_WORKER_EXIT_OK
                                               : FOVEA_WORKER_EXIT_CHANNEL);
        return false;
    }
    if (!advance(endpoint, frame.type)) {
        fovea_frame_finish(&frame);
        fovea_endpoint_break(endpoint, FOVEA_WORKER_EXIT_PROTOCOL);
        return false;
    }
    *frame_out = frame;
    return true;
}

void
fovea_endpoint_finish_job(struct fovea_endpoint *endpoint)
{
    (void)pthread_mutex_lock(&endpoint->turn);
    if (!endpoint->is_broken) {
        fovea_channel_finish_job(&endpoint->state);
    }
    (void)pthread_mutex_unlock(&endpoint->turn);
}

void
fovea_endpoint_break(struct fovea_endpoint *endpoint,
        enum fovea_worker_exit why)
{
    (void)pthread_mutex_lock(&endpoint->turn);
    set_broken(endpoint, why);
    (void)pthread_mutex_unlock(&endpoint->turn);
}

bool
fovea_endpoint_is_broken(struct fovea_endpoint *endpoint,
        enum fovea_worker_exit *exit_out)
{
    (void)pthread_mutex_lock(&endpoint->turn);
    bool is_broken = endpoint->is_broken;
    if (is_broken) {
        *exit_out = endpoint->exit;
    }
    (void)pthread_mutex_unlock(&endpoint->turn);
    return is_broken;
}
