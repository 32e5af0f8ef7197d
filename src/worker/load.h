/*
 * How a worker gets ready: it says hello, is told what to load, loads it, makes
 * everything that items will need, seals itself, and says that it is ready, or
 * why not.
 */
#ifndef FOVEA_WORKER_LOAD_H
#define FOVEA_WORKER_LOAD_H

#include "wire/channel.h"
#include "wire/exit.h"
#include "wire/messages.h"
#include "worker/crew.h"
#include "worker/work.h"

/** A worker; all zero but for the channel to begin with. */
struct fovea_worker {
    int channel;     /* borrowed */
    int log_fd;      /* borrowed */
    uint8_t *buffer; /* FOVEA_FRAME_MAX_SIZE bytes, for what is received */
    struct fovea_load load;
    struct fovea_work work; /* of its kind */
    uint64_t data_bytes;    /* it may have, with nothing granted; 0: no bound */
    struct fovea_weights *weights; /* NULL: no engine */
    struct fovea_crew *crew;
    size_t dimension; /* of the vectors of RESULT; 0: rows go to a file */
};

/**
 * From HELLO to READY or FAILED.
 *
 * @param exit_out  Why the worker is to end, if it is.
 * @return true when it is ready.
 */
FOVEA_NODISCARD bool fovea_worker_load(struct fovea_worker *worker,
        enum fovea_worker_exit *exit_out);

void fovea_worker_finish(struct fovea_worker *worker);

/**
 * Receive a frame that may be sent in this state.
 *
 * @param frame_out  To be finished; only set on true.
 * @param exit_out   Otherwise why the worker is to end.
 */
FOVEA_NODISCARD bool fovea_worker_receive(const struct fovea_worker *worker,
        enum fovea_channel_state state, struct fovea_frame *frame_out,
        enum fovea_worker_exit *exit_out);

#endif
