/*
 * How a node stands, for other threads than its loop: the loop posts, in each of its
 * rounds; whoever answers /metrics and /healthz reads.
 */
#ifndef FOVEA_JOBS_NODE_BOARD_H
#define FOVEA_JOBS_NODE_BOARD_H

#include <pthread.h>
#include <stdbool.h>

#include "jobs/node_report.h"

/* The loop makes a round each second or so. What it waits for takes less than this. */
#define FOVEA_NODE_ROUND_NS (INT64_C(60) * 1000000000)

struct fovea_node_board {
    pthread_mutex_t mu;
    /* guarded by mu */
    struct fovea_node_report report;
    int64_t posted_ns;
    bool hangs;
};

void fovea_node_board_init(struct fovea_node_board *board, int64_t now_ns);
void fovea_node_board_finish(struct fovea_node_board *board);

/** hangs: a shard's work neither goes on nor ends. */
void fovea_node_board_post(struct fovea_node_board *board,
        const struct fovea_node_report *report, bool hangs, int64_t now_ns);

/** Whether the node is well: its loop runs, and nothing hangs. One that rests, or that
 *  waits for its broker, is well: ending it would help nobody. */
bool fovea_node_board_read(struct fovea_node_board *board,
        struct fovea_node_report *report_out, int64_t now_ns);

#endif
