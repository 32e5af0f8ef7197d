/* What a node is told at its start. */
#ifndef FOVEA_JOBS_NODE_SETTINGS_H
#define FOVEA_JOBS_NODE_SETTINGS_H

#include <stdbool.h>

#include "jobs/node_board.h"
#include "jobs/node_work.h"

enum fovea_node_wish {
    FOVEA_NODE_GO_ON,
    FOVEA_NODE_STOP, /* once the shards in hand are done, or grace_ns is over */
    FOVEA_NODE_STOP_NOW,
};

/** Borrowed until the node has ended. */
struct fovea_node_settings {
    const char *job;
    const char *name;    /* of the node; fovea_queue_is_name() */
    const char *version; /* of fovea */
    /* The manifest's digest, which the job at the broker must have. */
    const char *tag;
    struct fovea_queue_settings queue;
    int64_t patience_ns; /* with a broker that is out of reach; INT64_MAX: forever */
    const struct fovea_node_work *work;
    uint64_t width;   /* images that the pool takes at a time */
    int64_t stall_ns; /* without progress: a shard hangs */
    int64_t pause_ns; /* the first one, after something went wrong */
    int64_t grace_ns; /* for shards in hand, at the end */
    bool until_done;  /* end when no shard is left at the broker */
    struct fovea_node_board *board;
    int stop_fd; /* readable when wish() is to be asked */
    enum fovea_node_wish (*wish)(void *context);
    /* A line about what happened. */
    void (*say)(void *context, const char *line);
    void *context;
};

#endif
