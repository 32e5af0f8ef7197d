/*
 * Whose fault the end of a worker is. The one place where that is decided; what
 * follows from it is in failure.c:
 *
 *   the item    its items are tried once more, each alone (isolated); one that
 *               ends a second worker goes into quarantine. The breaker does not
 *               count it: one sender's pictures must not take the service away
 *               from the others.
 *   the worker  that is this installation: program, model, machine. The breaker
 *               counts it.
 *   outside     somebody's signal, or the kernel for lack of memory. The items
 *               are tried again, each alone, up to FOVEA_KILLS_MAX times within
 *               their deadlines, and nothing is held against them. Whether an
 *               item took the memory cannot be known: its decoding is bounded,
 *               and the kernel chooses whom it kills.
 *   nobody      it was asked to end; or it had done its items, any of which may
 *               have damaged it.
 *
 * Items are not believed to be at fault for ever: after
 * FOVEA_TRIAL_AFTER_FAULTS ends in a row that were blamed on items, the next
 * worker that had none yet is given a picture that is known to be good
 * (canary.h). One that ends with it is at fault itself.
 *
 * Pure.
 */
#ifndef FOVEA_POOL_BLAME_H
#define FOVEA_POOL_BLAME_H

#include "fovea/pool.h"

enum {
    /* So many workers may be killed from outside with an item in flight before
       it is completed with FOVEA_ERR_WORKER_KILLED. */
    FOVEA_KILLS_MAX = 5,
    /* So many ends in a row are blamed on items before a worker is tried. */
    FOVEA_TRIAL_AFTER_FAULTS = 4,
};

enum fovea_blame {
    FOVEA_BLAME_NOBODY,
    FOVEA_BLAME_ITEM,
    FOVEA_BLAME_WORKER,
    FOVEA_BLAME_OUTSIDE,
};

/** What a worker was at when it ended, or was found to be at fault. */
enum fovea_phase {
    FOVEA_PHASE_STARTING, /* until it is ready */
    FOVEA_PHASE_FRESH,    /* ready, and never had an item */
    FOVEA_PHASE_WORKING,  /* items in flight */
    FOVEA_PHASE_TRIAL,    /* the canary in flight */
    FOVEA_PHASE_WAITING,  /* nothing in flight any more */
};

enum fovea_blame fovea_blame_find(enum fovea_stop_reason reason,
        enum fovea_phase phase);

/** Why a worker ended that a signal ended: FOVEA_STOP_CRASHED for those that a
 *  program brings upon itself, FOVEA_STOP_KILLED for all others, which only
 *  somebody else sends: a sealed worker may send itself SIGABRT alone. */
enum fovea_stop_reason fovea_blame_signal(int number);

/** A group's row of ends that were blamed on items; all zero to begin with. */
struct fovea_trial {
    unsigned n_faults;   /* in a row */
    int64_t since_ns;    /* of the first of them */
    int64_t released_ns; /* the worker's own fault was last seen */
    bool is_running;     /* a worker has the canary */
};

void fovea_trial_fault(struct fovea_trial *trial, int64_t now_ns);
/** A worker answered something: it is well. */
void fovea_trial_passed(struct fovea_trial *trial);
/** The canary's worker ended, and it is its own fault: since_ns on it is not
 *  the items'. */
void fovea_trial_failed(struct fovea_trial *trial, int64_t now_ns);
bool fovea_trial_is_due(const struct fovea_trial *trial);

#endif
