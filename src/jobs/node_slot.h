/*
 * A shard that a node has, and the thread that does it. The thread decides what is to
 * be said of the shard and writes down what is to stand before that; the loop, which
 * alone talks to the broker, says it.
 */
#ifndef FOVEA_JOBS_NODE_SLOT_H
#define FOVEA_JOBS_NODE_SLOT_H

#include <pthread.h>
#include <stdatomic.h>

#include "jobs/node_verdict.h"
#include "jobs/node_watch.h"
#include "jobs/node_work.h"

/** What came of a shard, and what is said of it. */
struct fovea_node_outcome {
    struct fovea_node_decision decision;
    struct fovea_error
            error; /* of the shard, or why nothing could be written */
};

enum fovea_node_phase {
    FOVEA_NODE_PHASE_RUNS,
    FOVEA_NODE_PHASE_ENDED, /* by its thread, which will be joined */
    FOVEA_NODE_PHASE_LEFT,  /* by the loop; its thread lets go of the owner */
};

/** Members are the loop's where nothing else is said. */
struct fovea_node_slot {
    unsigned number;
    const struct fovea_node_work *work;
    int64_t pause_ns; /* the first one of a shard that is tried again */
    int event_fd;     /* raised at the end */

    /* What the slot is a part of: held for a thread that is left, and let go of by
       it. */
    void (*hold)(void *owner);
    void (*let_go)(void *owner);
    void *owner;

    bool is_busy;
    bool is_left; /* it hangs, and does not end: the broker was told */
    struct fovea_queue_delivery delivery;
    struct fovea_node_watch watch;
    struct fovea_node_look seen; /* at the last look */
    int64_t began_ns;
    int64_t hung_ns; /* when that was noticed */
    pthread_t thread;

    atomic_bool hangs; /* written by the loop */
    atomic_int phase;  /* enum fovea_node_phase */

    /* The thread's, until it has ended. */
    struct fovea_node_outcome outcome;
};

/** Begin with a delivery, which is the slot's from here on, also on failure.
 *  FOVEA_ERR_NO_MEMORY: no thread. */
FOVEA_NODISCARD enum fovea_status fovea_node_slot_begin(
        struct fovea_node_slot *slot, struct fovea_queue_delivery *delivery,
        struct fovea_error *err);

/** The work hangs, or the node stops: end it. */
void fovea_node_slot_cancel(struct fovea_node_slot *slot, bool hangs);

/** Of a slot that hangs and was cancelled: when it is left. */
int64_t fovea_node_slot_leave_ns(const struct fovea_node_slot *slot);

/** Let its thread go its way; the slot is lost. False: it has just ended. */
bool fovea_node_slot_abandon(struct fovea_node_slot *slot);

/** Of one that was abandoned: decide in the place of its thread. */
void fovea_node_slot_decide(struct fovea_node_slot *slot,
        struct fovea_node_outcome *outcome_out);

/** Whether it has ended; the thread is gone then, and the outcome there. */
bool fovea_node_slot_take(struct fovea_node_slot *slot);

/** It may begin another one. */
void fovea_node_slot_clear(struct fovea_node_slot *slot);

#endif
