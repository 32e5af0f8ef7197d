/* See close.h. */
#include "pool/close.h"

#include "pool/complete.h"
#include "pool/inflight.h"
#include "pool/life.h"
#include "pool/poll.h"
#include "pool/slot.h"

static void
complete_inflight(struct fovea_slot *slot, const struct fovea_error *result)
{
    struct fovea_items items;
    fovea_lock(slot->group->pool);
    fovea_inflight_take_all(slot, &items);
    fovea_unlock(slot->group->pool);
    fovea_complete_all(&items, result);
}

void
fovea_close_all(struct fovea_pool *pool)
{
    struct fovea_error error;
    (void)fovea_fail(&error, FOVEA_ERR_SHUTTING_DOWN,
            "the library was closed before it was done");
    fovea_lock(pool);
    struct fovea_group *group = pool->groups;
    fovea_unlock(pool);
    for (; group; group = group->next) {
        fovea_complete_waiting(group, &error);
    }
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (slot->state == FOVEA_WORKER_DEAD) {
            continue;
        }
        complete_inflight(slot, &error);
        if (fovea_slot_lives(slot)) {
            fovea_life_stop(slot, FOVEA_STOP_SHUTDOWN);
        }
        if (slot->state == FOVEA_WORKER_EVICTING) {
            fovea_poll_due(pool, slot->due_ns);
        }
    }
}

static void
destroy_group(struct fovea_group *group)
{
    FOVEA_ASSERT(!group->prewarms && fovea_queue_size(&group->queue) == 0);
    free(group->key);
    free(group->directory);
    free(group);
}

void
fovea_close_groups(struct fovea_pool *pool, bool all)
{
    struct fovea_group *gone = NULL;
    fovea_lock(pool);
    struct fovea_group **link = &pool->groups;
    while (*link) {
        struct fovea_group *group = *link;
        bool is_over = group->n_handles == 0 && group->n_jobs == 0 &&
                fovea_queue_size(&group->queue) == 0 && !group->prewarms &&
                fovea_slot_count(group, fovea_slot_is_here) == 0;
        if (all || is_over) {
            *link = group->next;
            group->next = gone;
            gone = group;
        } else {
            link = &group->next;
        }
    }
    fovea_unlock(pool);
    while (gone) {
        struct fovea_group *group = gone;
        gone = group->next;
        destroy_group(group);
    }
}
