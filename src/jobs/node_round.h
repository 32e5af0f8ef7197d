/* The shards that a node has in hand. The loop's thread. */
#ifndef FOVEA_JOBS_NODE_ROUND_H
#define FOVEA_JOBS_NODE_ROUND_H

#include "jobs/node_internal.h"

/** Tell the broker of shards that have ended. */
void fovea_node_round_collect(struct fovea_node *node, int64_t now_ns);

/** Give signs of life for shards in work, and up those that hang. */
void fovea_node_round_watch(struct fovea_node *node, int64_t now_ns);

/** Take another shard, where one is wanted and there. */
void fovea_node_round_fetch(struct fovea_node *node, int64_t now_ns);

/** End the shards in hand: what can be done within the time that is left is done. */
void fovea_node_round_stop(struct fovea_node *node);

/** Give them up at once; the broker is told. */
void fovea_node_round_abandon(struct fovea_node *node);

bool fovea_node_round_is_busy(const struct fovea_node *node);

/** When one of them is to be looked at again. */
int64_t fovea_node_round_due_ns(const struct fovea_node *node);

/** Bring the report up to date, and post it. */
void fovea_node_round_post(struct fovea_node *node, int64_t now_ns);

#endif
