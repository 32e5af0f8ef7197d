/* A group's round. Loop thread, mu not held. */
#ifndef FOVEA_POOL_SCHEDULE_H
#define FOVEA_POOL_SCHEDULE_H

#include "pool/internal.h"

/** A round of one model. */
void fovea_schedule(struct fovea_group *group);
/** What was cancelled in workers' hands. */
void fovea_schedule_cancel(struct fovea_pool *pool);

#endif
