/* See slot.h. */
#include "pool/slot.h"

#define BIT(state) (1U << FOVEA_WORKER_##state)

/* What may come after what. */
static const unsigned nexts[] = {
    [FOVEA_WORKER_SPAWNING] = BIT(LOADING) | BIT(FAILED),
    [FOVEA_WORKER_LOADING] = BIT(READY) | BIT(FAILED),
    [FOVEA_WORKER_READY] =
            BIT(PROCESSING) | BIT(IDLE) | BIT(EVICTING) | BIT(FAILED),
    [FOVEA_WORKER_PROCESSING] = BIT(READY) | BIT(FAILED),
    [FOVEA_WORKER_IDLE] = BIT(PROCESSING) | BIT(EVICTING) | BIT(FAILED),
    [FOVEA_WORKER_EVICTING] = BIT(DEAD),
    [FOVEA_WORKER_FAILED] = BIT(DEAD),
    [FOVEA_WORKER_DEAD] = BIT(SPAWNING),
};

bool
fovea_slot_is_here(const struct fovea_slot *slot)
{
    return slot->state != FOVEA_WORKER_DEAD;
}

bool
fovea_slot_is_ending(const struct fovea_slot *slot)
{
    return slot->state == FOVEA_WORKER_EVICTING ||
            slot->state == FOVEA_WORKER_FAILED;
}

bool
fovea_slot_lives(const struct fovea_slot *slot)
{
    return slot->state <= FOVEA_WORKER_IDLE;
}

bool
fovea_slot_is_free_to_work(const struct fovea_slot *slot)
{
    return (slot->state == FOVEA_WORKER_READY ||
                   slot->state == FOVEA_WORKER_IDLE) &&
            !slot->is_disconnected;
}

bool
fovea_slot_is_ready(const struct fovea_slot *slot)
{
    return fovea_slot_lives(slot) && slot->state >= FOVEA_WORKER_READY;
}

unsigned
fovea_slot_count(const struct fovea_group *group,
        bool (*test)(const struct fovea_slot *slot))
{
    const struct fovea_pool *pool = group->pool;
    unsigned n = 0;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        const struct fovea_slot *slot = &pool->slots[i];
        n += slot->state != FOVEA_WORKER_DEAD && slot->group == group &&
                test(slot);
    }
    return n;
}

struct fovea_slot *
fovea_slot_find(struct fovea_pool *pool)
{
    for (unsigned i = 0; i < FOVEA_MAX_WORKERS; i++) {
        if (i == pool->n_slots || pool->slots[i].state == FOVEA_WORKER_DEAD) {
            return &pool->slots[i];
        }
    }
    return NULL;
}

void
fovea_slot_set_state(struct fovea_slot *slot, enum fovea_worker_state state)
{
    FOVEA_ASSERT(nexts[slot->state] & (1U << state));
    struct fovea_pool *pool = slot->group->pool;
    fovea_lock(pool);
    slot->state = state;
    slot->since_ns = pool->now_ns;
    fovea_unlock(pool);
}
