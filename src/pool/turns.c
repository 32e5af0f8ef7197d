/* See turns.h. */
#include "pool/turns.h"

#include "pool/poll.h"
#include "pool/slot.h"

/* Its oldest item, which may have come since the loop looked at the clock; prewarms
   come now. What had its turn goes behind those that waited meanwhile. mu held. */
static int64_t
came_ns(const struct fovea_group *group)
{
    const struct fovea_queue *queue = &group->queue;
    const struct fovea_pool_item *firsts[] = { queue->retries.first,
        queue->isolated.first, queue->singles.first, queue->batches.first };
    int64_t oldest_ns = group->prewarms ? group->pool->now_ns : FOVEA_NEVER;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(firsts); i++) {
        if (firsts[i] && firsts[i]->queued_ns < oldest_ns) {
            oldest_ns = firsts[i]->queued_ns;
        }
    }
    return oldest_ns > group->yielded_ns ? oldest_ns : group->yielded_ns;
}

/* mu held. */
static bool
wants_turn(const struct fovea_group *group)
{
    return !group->has_turn &&
            (fovea_queue_size(&group->queue) > 0 || group->prewarms) &&
            group->breaker.next_ns <= group->pool->now_ns &&
            fovea_slot_count(group, fovea_slot_lives) == 0;
}

void
fovea_turns_take(struct fovea_pool *pool)
{
    fovea_lock(pool);
    for (struct fovea_group *group = pool->groups; group; group = group->next) {
        if (wants_turn(group)) {
            group->has_turn = true;
            group->turn_ns = pool->now_ns;
            group->came_ns = came_ns(group);
        }
    }
    fovea_unlock(pool);
}

bool
fovea_turn_waits(const struct fovea_group *group)
{
    return group->has_turn && group->turn_ns < group->pool->now_ns;
}

struct fovea_group *
fovea_turn_first(struct fovea_pool *pool)
{
    struct fovea_group *first = NULL;
    fovea_lock(pool);
    for (struct fovea_group *group = pool->groups; group; group = group->next) {
        if (group->has_turn && (!first || group->came_ns < first->came_ns)) {
            first = group;
        }
    }
    fovea_unlock(pool);
    return first;
}

void
fovea_turn_end(struct fovea_group *group)
{
    if (group->has_turn) {
        group->has_turn = false;
        if (fovea_turn_first(group->pool)) {
            fovea_poll_due(group->pool, group->pool->now_ns);
        }
    }
}
