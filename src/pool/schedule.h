/* A group's round. Loop thread, mu not held. */
#ifndef FOVEA_POOL_SCHEDULE_H
#define FOVEA_POOL_SCHEDULE_H

#include "pool/internal.h"

void fovea_schedule(struct fovea_group *group);
/** Complete what was cancelled, in flight or in a queue. */
void fovea_schedule_cancel(struct fovea_pool *pool);

#endif
