/*
 * A bounded number of items in flight: how many there may be, which of them are
 * done, and whose turn it is to be taken. Streams and batches stand on it.
 *
 * A full queue of the pool is not an error here. A window of which nothing is
 * under way has its item admitted beyond the queue's bound; one of which
 * something is waits for that. So every window goes on, and the queue is longer
 * than it may be by one item a window at most.
 *
 * Any number of threads may put and cancel; one takes and waits.
 */
#ifndef FOVEA_RUNTIME_WINDOW_H
#define FOVEA_RUNTIME_WINDOW_H

#include "fovea/stream.h"

#include "runtime/model.h"

struct fovea_window;

struct fovea_window_settings {
    enum fovea_work_kind kind;
    unsigned flags; /* of a request */
    size_t size;    /* most items that are put and not taken; not 0 */
    bool ordered;
    size_t row_bytes;    /* of a result */
    bool keeps_rows;     /* it has room for results of its own */
    int64_t deadline_ns; /* of an item, from its put; 0: the library's */
    int event_fd; /* borrowed: an eventfd that does not block, whose count is 1
                     while something can be taken, else 0; -1: none */
};

/** Items that keep all workers busy: fovea_model_window(). */
size_t fovea_window_usual(const struct fovea *library);

/** Keeps the model until it is destroyed. FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_window_create(struct fovea_model *model,
        const struct fovea_window_settings *settings,
        struct fovea_window **window_out, struct fovea_error *err);

/** Cancel everything, wait for its end, drop what was not taken. NULL is fine.
 *  In a forked child it frees memory and waits for nothing. */
void fovea_window_destroy(struct fovea_window *window);

/**
 * Put an item in.
 *
 * @param row  Where its result goes; written by a thread of the library's
 *             before it can be taken. NULL: to room of the window's own.
 * @return FOVEA_OK: it will come out, exactly once, whatever becomes of it.
 *         FOVEA_ERR_BUSY: nothing happened, and something else will come out.
 */
FOVEA_NODISCARD enum fovea_status fovea_window_put(struct fovea_window *window,
        const struct fovea_item *item, uint64_t tag, void *row,
        struct fovea_error *err);

/** The next result, or the state that says why there is none. It lives until
 *  the next call. */
const struct fovea_stream_result *fovea_window_take(
        struct fovea_window *window);

/** Until a result can be taken or nothing is left, which is true; or until_ns
 *  (absolute; FOVEA_NEVER). */
bool fovea_window_wait(struct fovea_window *window, int64_t until_ns);

/** Have everything that is under way answered with FOVEA_ERR_CANCELLED. */
void fovea_window_cancel(struct fovea_window *window);

#endif
