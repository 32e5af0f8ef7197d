/* What workers write to their logs. Loop thread, mu not held. */
#ifndef FOVEA_POOL_WORKER_LOG_H
#define FOVEA_POOL_WORKER_LOG_H

#include "pool/internal.h"

void fovea_worker_log_receive(struct fovea_slot *slot);
/** Its timers. */
void fovea_worker_log_upkeep(struct fovea_slot *slot);
/** It has ended, and writes no more. */
void fovea_worker_log_finish(struct fovea_slot *slot);

#endif
