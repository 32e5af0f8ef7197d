/*
 * The worker's end of the channel: frames to and from the host, each one held
 * against the table of who may say what when (wire/channel.h).
 *
 * Threads take turns at sending and share one buffer for it; they would have to
 * take turns at the socket anyway. Where it is full they wait for the host. One
 * thread at a time receives.
 *
 * Once it is broken nothing is sent any more, and it says why the worker is to
 * end.
 */
#ifndef FOVEA_WORKER_ENDPOINT_H
#define FOVEA_WORKER_ENDPOINT_H

#include <pthread.h>

#include "wire/bytes.h"
#include "wire/channel.h"
#include "wire/exit.h"

struct fovea_endpoint {
    int fd;               /* borrowed */
    uint8_t *received;    /* FOVEA_FRAME_MAX_SIZE bytes */
    pthread_mutex_t turn; /* guards what follows */
    uint8_t *payload;     /* FOVEA_FRAME_MAX_PAYLOAD bytes, to be sent */
    enum fovea_channel_state state;
    bool is_broken;
    enum fovea_worker_exit exit; /* why it is */
};

/** @return FOVEA_OK; FOVEA_ERR_NO_MEMORY. To be finished all the same. */
FOVEA_NODISCARD enum fovea_status fovea_endpoint_init(
        struct fovea_endpoint *endpoint, int fd, struct fovea_error *err);
void fovea_endpoint_finish(struct fovea_endpoint *endpoint);

/** Take a turn at sending: a writer for the payload, which has to fit. */
struct fovea_writer fovea_endpoint_begin(struct fovea_endpoint *endpoint);

/**
 * Send what was written, and end the turn.
 *
 * @param id  Of the job it belongs to, or 0.
 * @param fds  Beside it, n_fds of them, borrowed.
 * @return false if the channel is broken.
 */
bool fovea_endpoint_send(struct fovea_endpoint *endpoint,
        enum fovea_frame_type type, uint64_t id,
        const struct fovea_writer *writer, const int *fds, size_t n_fds);

/**
 * Wait for a frame of the host's.
 *
 * @param frame_out  To be finished; only set on true.
 * @return false if the channel is broken: it ended, or what came may not come.
 */
FOVEA_NODISCARD bool fovea_endpoint_receive(struct fovea_endpoint *endpoint,
        struct fovea_frame *frame_out);

/** The job's last RESULT was sent. */
void fovea_endpoint_finish_job(struct fovea_endpoint *endpoint);

/** Break it, unless it is broken already. */
void fovea_endpoint_break(struct fovea_endpoint *endpoint,
        enum fovea_worker_exit why);

/** Whether it is, and why. */
bool fovea_endpoint_is_broken(struct fovea_endpoint *endpoint,
        enum fovea_worker_exit *exit_out);

#endif
