/*
 * Circuit breaker and back-off of one group's workers.
 *
 * Counts faults of ours in a row, never those of items (blame.h): a worker that
 * cannot be started or loaded, or that ends with the canary. After
 * FOVEA_BREAKER_FAULTS it opens for FOVEA_BREAKER_OPEN_NS, then lets one worker
 * start: its first served item closes it, its fault opens it again. Between
 * faults the next start waits: FOVEA_BACKOFF_FIRST_NS, doubled with every fault
 * in a row up to FOVEA_BACKOFF_MOST_NS.
 *
 * Pure: time comes in.
 */
#ifndef FOVEA_POOL_BREAKER_H
#define FOVEA_POOL_BREAKER_H

#include "fovea/pool.h"

#include "base/clock.h"

#define FOVEA_BREAKER_FAULTS   5
#define FOVEA_BREAKER_OPEN_NS  (60 * FOVEA_NS_PER_S)
#define FOVEA_BACKOFF_FIRST_NS (100 * FOVEA_NS_PER_MS)
#define FOVEA_BACKOFF_MOST_NS  (10 * FOVEA_NS_PER_S)

struct fovea_breaker {
    enum fovea_breaker_state state;
    unsigned n_faults; /* in a row */
    bool is_probing;   /* half open, and its one worker was let start */
    int64_t next_ns;   /* the earliest time of the next start */
    int64_t open_ns;   /* how long it stays open */
};

/** Closed. open_ns: FOVEA_BREAKER_OPEN_NS but in tests. */
void fovea_breaker_init(struct fovea_breaker *breaker, int64_t open_ns);

/** May a worker be started now? Moves OPEN to HALF_OPEN when its time is over;
 *  in HALF_OPEN only until one was started. */
bool fovea_breaker_may_start(struct fovea_breaker *breaker, int64_t now_ns);

/** Are requests to be refused (OPEN and its time not over)? */
bool fovea_breaker_refuses(const struct fovea_breaker *breaker, int64_t now_ns);

/** A worker was started. */
void fovea_breaker_started(struct fovea_breaker *breaker);

/** A worker served an item (bad items count: the worker is well). */
void fovea_breaker_served(struct fovea_breaker *breaker);

/** A fault of ours. */
void fovea_breaker_fault(struct fovea_breaker *breaker, int64_t now_ns);

/** A probe ended without a fault and without serving (evicted, closed). */
void fovea_breaker_probe_gone(struct fovea_breaker *breaker);

#endif
