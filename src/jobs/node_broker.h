/* A node and its broker. The loop's thread. */
#ifndef FOVEA_JOBS_NODE_BROKER_H
#define FOVEA_JOBS_NODE_BROKER_H

#include "jobs/node_internal.h"

/** Reach the broker and find the job there, where that is to be done now. Ends the
 *  node where it cannot be. */
void fovea_node_broker_tend(struct fovea_node *node, int64_t now_ns);

/** Whether it is out of reach. */
bool fovea_node_broker_is_away(const struct fovea_node *node);

/** Ask for a shard, or no longer. True: one has come. */
bool fovea_node_broker_fetch(struct fovea_node *node, bool wants,
        struct fovea_queue_delivery *delivery_out, int64_t now_ns);

/** Tell what became of a slot's shard. */
void fovea_node_broker_answer(struct fovea_node *node,
        const struct fovea_queue_delivery *delivery,
        const struct fovea_node_decision *decision);

/** Send a report where one is due, or was asked for. */
void fovea_node_broker_report(struct fovea_node *node, int64_t now_ns);

/** Whether the broker says that the job has no shard left. Asks it every few seconds
 *  at most. */
bool fovea_node_broker_is_done(struct fovea_node *node, int64_t now_ns);

/** Messages that were not of the job's shards. */
uint64_t fovea_node_broker_n_refused(const struct fovea_node *node);

void fovea_node_broker_close(struct fovea_node *node);

#endif
