/* Starting workers: the cold start, and one more. Loop thread, mu not held. */
#ifndef FOVEA_POOL_START_H
#define FOVEA_POOL_START_H

#include "pool/internal.h"

/** Items or prewarms wait: cold start, or one more worker, or nothing. */
void fovea_start_workers(struct fovea_group *group);

#endif
