/*
 * What a node does with a shard, as its loop sees it: checking the message, the run
 * itself, and what is written down of a verdict. node_shards.c is what does it.
 *
 * A slot is one of the shards that a node has at a time. run, count and fail are
 * called by the slot's thread; look and cancel by the loop, while it runs. For a slot
 * whose thread does not come back the loop calls count and fail, with the number
 * FOVEA_NODE_LOOP.
 */
#ifndef FOVEA_JOBS_NODE_WORK_H
#define FOVEA_JOBS_NODE_WORK_H

#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "jobs/node_report.h"
#include "queue/queue.h"

enum {
    FOVEA_NODE_LOOP = FOVEA_NODE_SHARDS
};

/** How far a shard is. */
struct fovea_node_look {
    uint64_t progress; /* grows while anything goes on */
    uint64_t n_items;  /* 0: not known yet */
    uint64_t n_done;   /* of them; bad and skipped ones too */
    uint64_t n_errors;
};

struct fovea_node_work {
    void *context;

    /** Whether a message is of the job's manifest, for the shard of its subject.
     *  FOVEA_ERR_JOB_MESSAGE. The loop's thread. */
    enum fovea_status (*check)(void *context,
            const struct fovea_queue_delivery *delivery,
            struct fovea_error *err);

    /** A slot's thread will be started for a shard. The loop's thread. */
    void (*begin)(void *context, unsigned slot, uint64_t shard);

    /** Do a shard. FOVEA_OK: its marker is there, whoever wrote it;
     *  FOVEA_ERR_SHARD_FAILED: the other one is; else what came of it. */
    enum fovea_status (*run)(void *context, unsigned slot, uint64_t shard,
            struct fovea_error *err);

    void (*look)(void *context, unsigned slot,
            struct fovea_node_look *look_out);

    /** End the run soon; nothing is left of the shard. */
    void (*cancel)(void *context, unsigned slot);

    /** Write down one more verdict, and why; it is the nth. */
    enum fovea_status (*count)(void *context, unsigned slot, uint64_t shard,
            const struct fovea_error *why, uint64_t *n_out,
            struct fovea_error *err);

    /** Write down that the shard has failed, by this verdict, the nth. */
    enum fovea_status (*fail)(void *context, unsigned slot, uint64_t shard,
            uint64_t n, const struct fovea_error *why, struct fovea_error *err);
};

#endif
