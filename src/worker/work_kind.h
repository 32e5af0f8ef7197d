/*
 * How each kind of work is done. wire/work.def has the kinds, one a row; a lane
 * carries them out (lane.h): an item is read, its row goes through the engine
 * where there is one, and is the item's result.
 */
#ifndef FOVEA_WORKER_WORK_KIND_H
#define FOVEA_WORKER_WORK_KIND_H

#include "sandbox/sandbox.h"
#include "wire/work.h"
#include "worker/read.h"

struct fovea_work {
    const struct fovea_work_facts *facts;   /* what the host knows, too */
    const struct fovea_item_reader *reader; /* an item to a row */
    enum fovea_sandbox_rules sandbox;       /* for a sealed worker */
};

/** How a kind of work is done. */
struct fovea_work fovea_work_find(enum fovea_work_kind kind);

#endif
