/*
 * What the files of a node share. All of it is the loop's.
 *
 *     node.c           the loop: rounds, waiting, the end
 *     node_round.c     the shards in hand: what has ended, what hangs, the next one
 *     node_broker.c    the broker: reaching it, asking, telling
 */
#ifndef FOVEA_JOBS_NODE_INTERNAL_H
#define FOVEA_JOBS_NODE_INTERNAL_H

#include "base/macros.h"
#include "jobs/node_rate.h"
#include "jobs/node_settings.h"
#include "jobs/node_slot.h"

/* How the node stands with the broker. */
struct fovea_node_broker {
    struct fovea_queue *queue; /* NULL: not reached, or broken off */
    bool has_joined;           /* ever */
    bool is_joined;            /* the job is there, and is ours */
    bool is_asking;            /* for a shard */
    int64_t ack_wait_ns;
    uint64_t n_troubles; /* in a row */
    int64_t trouble_ns;  /* the first of them; 0: none */
    int64_t next_try_ns;
    int64_t reported_ns;
    int64_t counted_ns; /* until_done: when it was last asked what is left; 0: not
                           since a shard was settled here */
    uint64_t n_refused; /* by handles that are closed */
};

struct fovea_node {
    atomic_uint n_owners; /* the loop, and threads that are left */
    const struct fovea_node_settings *settings;
    struct fovea_node_broker broker;
    struct fovea_node_slot slots[FOVEA_NODE_SHARDS];
    int event_fd;
    int64_t started_ns;
    struct fovea_node_report report;
    uint64_t n_items;   /* of shards that have ended */
    uint64_t n_errors;  /* the same */
    uint64_t n_refused; /* messages that do not agree with the manifest */
    struct fovea_node_rate rate;

    uint64_t n_rests; /* in a row */
    int64_t rest_until_ns;

    bool is_stopping;
    int64_t grace_until_ns;
    bool is_over;
    bool is_left; /* a thread is still in the work */
    enum fovea_status status;
    struct fovea_error error;
};

/** Tell a line of the node's. */
void fovea_node_say(const struct fovea_node *node, const char *format, ...)
        FOVEA_PRINTF(2, 3);

/** End the node with this status, unless it has another already. */
void fovea_node_end(struct fovea_node *node, enum fovea_status status,
        const struct fovea_error *error);

/** A pause after the nth failure in a row, not the same on every node. */
int64_t fovea_node_pause(const struct fovea_node *node, uint64_t n);

#endif
