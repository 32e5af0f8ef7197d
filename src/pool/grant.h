/* Memory for items that cannot be streamed: see grant.c. Loop thread, mu not
   held. */
#ifndef FOVEA_POOL_GRANT_H
#define FOVEA_POOL_GRANT_H

#include "pool/internal.h"

/** A NEED came. False: it makes no sense. */
FOVEA_NODISCARD bool fovea_grant_ask(struct fovea_slot *slot,
        const struct fovea_frame *frame);
/** Answer those who wait, as far as that can be done now. */
void fovea_grant_round(struct fovea_pool *pool);
/** Whether any item waits for memory: no worker is added to others then. */
bool fovea_grant_is_awaited(struct fovea_pool *pool);
/** Whether one does since before a time: no cold start that is wanted since
 *  then overtakes it. */
bool fovea_grant_is_awaited_since(struct fovea_pool *pool, int64_t time_ns);
/** Whether this worker is to go for an item that has waited for long, although
 *  there is work for it. */
bool fovea_grant_must_yield(const struct fovea_slot *slot);

#endif
