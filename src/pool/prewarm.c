/* See prewarm.h. */
#include "pool/prewarm.h"

struct fovea_prewarm *
fovea_prewarm_next(struct fovea_group *group)
{
    fovea_lock(group->pool);
    struct fovea_prewarm *prewarm = group->prewarms;
    while (prewarm && prewarm->is_seen) {
        prewarm = prewarm->next;
    }
    if (prewarm) {
        prewarm->is_seen = true;
    }
    fovea_unlock(group->pool);
    return prewarm;
}

void
fovea_prewarm_done(struct fovea_group *group, uint64_t serial,
        const struct fovea_error *result)
{
    struct fovea_pool *pool = group->pool;
    fovea_lock(pool);
    struct fovea_prewarm **link = &group->prewarms;
    while (*link) {
        struct fovea_prewarm *prewarm = *link;
        bool is_meant = serial == 0 || prewarm->serial == serial ||
                (prewarm->serial == 0 && prewarm->is_seen &&
                        result->code == FOVEA_OK);
        if (!is_meant) {
            link = &prewarm->next;
            continue;
        }
        *link = prewarm->next;
        prewarm->result = *result;
        prewarm->is_done = true;
    }
    (void)pthread_cond_broadcast(&pool->prewarmed);
    fovea_unlock(pool);
}

void
fovea_prewarm_release(struct fovea_group *group, uint64_t serial)
{
    fovea_lock(group->pool);
    for (struct fovea_prewarm *prewarm = group->prewarms; prewarm;
            prewarm = prewarm->next) {
        if (prewarm->serial == serial) {
            prewarm->serial = 0;
        }
    }
    fovea_unlock(group->pool);
}
