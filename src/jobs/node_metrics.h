/* A node's report as metrics, for Prometheus. */
#ifndef FOVEA_JOBS_NODE_METRICS_H
#define FOVEA_JOBS_NODE_METRICS_H

#include "base/text.h"
#include "jobs/node_report.h"

/** Add all metrics to a text. job: the label of each. */
void fovea_node_metrics_write(const struct fovea_node_report *report,
        const char *job, struct fovea_text *text);

#endif
