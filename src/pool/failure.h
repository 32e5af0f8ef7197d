/* What the end of a worker means for its items and the breaker. Loop thread,
   mu not held, but where it says otherwise. */
#ifndef FOVEA_POOL_FAILURE_H
#define FOVEA_POOL_FAILURE_H

#include "pool/internal.h"

/** Requeue, isolate, quarantine or complete what it had in flight. */
void fovea_failure_lose_inflight(struct fovea_slot *slot);
/** Let the breaker, and those who wait, know of its end. */
void fovea_failure_judge(struct fovea_slot *slot);
/** Report a change of the breaker's state. */
void fovea_failure_breaker(struct fovea_group *group);
/** What the breaker's refusal says. Loop thread, or mu held. */
void fovea_failure_refusal(const struct fovea_group *group, int64_t now_ns,
        struct fovea_error *error_out);

#endif
