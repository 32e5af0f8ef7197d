/*
 * Callers that wait for a worker. Each waits for one worker, by its serial
 * number, or for any.
 *
 * Loop thread, mu not held.
 */
#ifndef FOVEA_POOL_PREWARM_H
#define FOVEA_POOL_PREWARM_H

#include "pool/internal.h"

/** One that is new; counts as seen then. NULL if there is none. It stays where
 *  it is until it is done. */
struct fovea_prewarm *fovea_prewarm_next(struct fovea_group *group);
/** Of those who wait for a worker: for this one, or, if it is ready, for any.
 *  serial 0: all. */
void fovea_prewarm_done(struct fovea_group *group, uint64_t serial,
        const struct fovea_error *result);
/** Those who wait for this worker wait for any from now on. */
void fovea_prewarm_release(struct fovea_group *group, uint64_t serial);

#endif
