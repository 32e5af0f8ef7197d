/*
 * A worker that does nothing but time a layer, for what FOVEA_DTYPE_AUTO means
 * (spec/choice.h). It has no slot and no part in the pool's life: whoever asks waits
 * for it, and it is gone when the call returns.
 */
#ifndef FOVEA_POOL_MEASURE_H
#define FOVEA_POOL_MEASURE_H

#include "fovea/export.h"
#include "fovea/status.h"

#include "spec/choice.h"

struct fovea_pool;

/**
 * Start a worker and have it time a layer.
 *
 * Blocks: mostly for a few tenths of a second, at most for the time that a model may
 * take to load.
 *
 * @return FOVEA_OK; FOVEA_ERR_WORKER_START if no worker can be started, or it is of
 *         another build or ends; FOVEA_ERR_WORKER_TIMEOUT; what it says itself.
 * Threads: safe.
 */
FOVEA_NODISCARD enum fovea_status fovea_pool_measure(
        const struct fovea_pool *pool, const struct fovea_choice_shape *shape,
        struct fovea_choice_times *times_out, struct fovea_error *err);

#endif
