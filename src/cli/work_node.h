/* The node of `fovea work`, with a model: its signals, its metrics, its end. */
#ifndef FOVEA_CLI_WORK_NODE_H
#define FOVEA_CLI_WORK_NODE_H

#include <stdatomic.h>

#include "cli/watch.h"
#include "cli/work_request.h"
#include "shards/manifest.h"

/** What the pool tells of. */
struct fovea_work_events {
    struct fovea_watch watch;
    atomic_uint_least64_t
            n_lives; /* workers that started, got ready or ended */
};

/** A fovea_event_fn; context: struct fovea_work_events. */
void fovea_work_event(void *context, const struct fovea_event *event);

/** Work until it is told to stop; the exit code. Ends the process by itself where a
 *  thread is still in the library. */
int fovea_work_node(const struct fovea_work_request *request,
        const struct fovea_manifest *manifest, struct fovea_model *model,
        const struct fovea_work_events *events);

#endif
