/*
 * A question to an index, or work for one: done at a desk, which is a queue with
 * threads of its own, while its exchange is suspended.
 *
 *     handler -> task -> desk's thread: run() writes the answer -> resume
 *
 * The queue is bounded, a task that waits too long is not begun any more, and one
 * whose client has gone is over as soon as it sees that.
 */
#ifndef FOVEA_SERVER_INDEX_TASK_H
#define FOVEA_SERVER_INDEX_TASK_H

#include <stdatomic.h>

#include "server/desk.h"
#include "server/index.h"

struct fovea_index_task;

struct fovea_index_job {
    struct fovea_background_job job; /* first */
    struct fovea_index_task *task;
};

struct fovea_index_task {
    struct fovea_http_work work; /* first */
    struct fovea_index_job beside;
    struct fovea_http_exchange *exchange;
    struct fovea_server_index *index; /* NULL: it is about none, or all */
    int64_t deadline_ns;
    atomic_bool is_cancelled;
    struct fovea_http_complaint complaint; /* code FOVEA_OK: run() wrote the
                                              answer */
    /* In a thread of the desk: what goes wrong is the complaint's. */
    void (*run)(struct fovea_index_task *task);
    /* On the loop's thread, after run(), before the exchange is resumed; true: it
       is not to be resumed yet, and the task has been freed. NULL: no. */
    bool (*next)(struct fovea_index_task *task);
    void (*destroy)(struct fovea_index_task *task); /* NULL: free() */
};

/**
 * Begin one: the exchange is suspended, or has its answer already.
 *
 * @param task  Allocated; taken, whatever comes of it. Its index, run, next and
 *              destroy are set, all else is zero.
 */
void fovea_index_task_start(struct fovea_http_exchange *exchange,
        enum fovea_server_desk desk, struct fovea_index_task *task);

/** Whether it is to end early. Any thread. */
bool fovea_index_task_is_over(const struct fovea_index_task *task);

/** The index that a path names by its first variable; NULL: the answer says that
 *  there is none. Loop thread. */
struct fovea_server_index *fovea_index_task_index(
        struct fovea_http_exchange *exchange);

/** One with its index, to run by run(); NULL: the answer says why not. size: of
 *  the struct that begins with it. */
void *fovea_index_task_create(struct fovea_http_exchange *exchange, size_t size,
        void (*run)(struct fovea_index_task *task));

#endif
