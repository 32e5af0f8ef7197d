/*
 * What happens in the pool, reported on stderr as it happens: everything with
 * --verbose; what a user must know of (a worker's log, no sandbox, workers that
 * fail, a breaker that opens) otherwise; nothing if quiet.
 */
#ifndef FOVEA_CLI_WATCH_H
#define FOVEA_CLI_WATCH_H

#include "fovea/fovea.h"

struct fovea_watch {
    bool is_verbose;
    bool is_quiet;
};

/** A fovea_event_fn; context: struct fovea_watch, which outlives the library. */
void fovea_watch_event(void *context, const struct fovea_event *event);

#endif
