/*
 * Nodes of a job, as they report of themselves: who was heard of lately, by name.
 *
 * What they say came by the broker: a report that is none is left out, names are those
 * that a broker may give, and there is an end to how many are kept.
 */
#ifndef FOVEA_JOBS_JOB_NODES_H
#define FOVEA_JOBS_JOB_NODES_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "jobs/node_report.h"
#include "queue/queue.h"

enum {
    FOVEA_JOB_MAX_NODES = 20000
};

/** Who says nothing for so long is gone: a node reports every few seconds. */
#define FOVEA_JOB_NODE_SILENCE_NS (60 * FOVEA_NS_PER_S)

struct fovea_job_node {
    char name[FOVEA_QUEUE_MAX_NAME + 1];
    int64_t heard_ns; /* its last report */
    struct fovea_node_report report;
};

/** All zero is none. */
struct fovea_job_nodes {
    struct fovea_job_node **all; /* [n], by name; owned */
    size_t n;
    size_t room;
};

/**
 * Take a report in.
 *
 * @return FOVEA_OK; FOVEA_ERR_JOB_MESSAGE: it is none, or there are too many nodes;
 *         FOVEA_ERR_NO_MEMORY. The others stay as they are.
 */
FOVEA_NODISCARD enum fovea_status fovea_job_nodes_hear(
        struct fovea_job_nodes *nodes, const struct fovea_queue_report *report,
        int64_t now_ns, struct fovea_error *err);

/** Leave out those that have been silent for too long. */
void fovea_job_nodes_forget(struct fovea_job_nodes *nodes, int64_t now_ns);

/** Images a second of all together. */
double fovea_job_nodes_rate(const struct fovea_job_nodes *nodes);

void fovea_job_nodes_finish(struct fovea_job_nodes *nodes);

#endif
