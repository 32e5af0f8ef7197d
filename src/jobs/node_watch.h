/*
 * Whether a shard's work goes on, by a counter that grows while it does.
 *
 * The broker takes a shard back from a node that gives no sign of life for the
 * job's ack_wait. The sign is given at a third of that, so that two may be lost,
 * but only while the counter has moved within stall_ns: a node that hangs loses its
 * shard, and one that can still tell so gives it up by itself.
 *
 * Time in which nobody looked (the whole process was held still) does not count as
 * time without progress: others have the shard by then, and nothing hangs here.
 *
 * Pure: time comes in.
 */
#ifndef FOVEA_JOBS_NODE_WATCH_H
#define FOVEA_JOBS_NODE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct fovea_node_watch {
    int64_t keep_ns;  /* between two signs of life */
    int64_t stall_ns; /* without any progress: it hangs; INT64_MAX: never */
    uint64_t progress;
    int64_t moved_ns; /* when that last changed */
    int64_t kept_ns;  /* the last sign of life */
    int64_t looked_ns;
    bool has_stalled;
};

enum fovea_node_watch_step {
    FOVEA_NODE_WATCH_WAIT,
    FOVEA_NODE_WATCH_KEEP,    /* give a sign of life now */
    FOVEA_NODE_WATCH_STALLED, /* it hangs; from now on always */
};

/** The shard was handed out now. */
void fovea_node_watch_begin(struct fovea_node_watch *watch, int64_t ack_wait_ns,
        int64_t stall_ns, int64_t now_ns);

/** Look; a sign of life that is due counts as given. */
enum fovea_node_watch_step fovea_node_watch_look(struct fovea_node_watch *watch,
        uint64_t progress, int64_t now_ns);

/** When to look again, at the latest. */
int64_t fovea_node_watch_due_ns(const struct fovea_node_watch *watch);

#endif
