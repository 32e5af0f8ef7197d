/* Room for a group that has no worker: see room.h. */
#include "pool/room.h"

#include <inttypes.h>

#include "base/size.h"
#include "option/limits.h"
#include "pool/life.h"
#include "pool/poll.h"
#include "pool/slot.h"
#include "pool/turns.h"

#define MIB (UINT64_C(1) << 20)

/* Which workers of other groups are counted as gone. */
enum leaving {
    LEAVING_ENDING,      /* those that end */
    LEAVING_DISPENSABLE, /* and those that may be asked to */
    LEAVING_ALL,
};

uint64_t
fovea_room_need(const struct fovea_group *group, unsigned n)
{
    uint64_t need = group->shared.bytes > 0 ? 0 : group->settings.shared_bytes;
    for (unsigned i = 0; i < n; i++) {
        need = fovea_sum_bytes(need, group->settings.worker_bytes);
    }
    return need;
}

uint64_t
fovea_room_need_of_others(const struct fovea_group *group)
{
    uint64_t sum = 0;
    fovea_lock(group->pool);
    for (const struct fovea_group *other = group->pool->groups; other;
            other = other->next) {
        if (other != group && other->has_turn &&
                __builtin_add_overflow(sum, fovea_room_need(other, 1), &sum)) {
            sum = UINT64_MAX;
            break;
        }
    }
    fovea_unlock(group->pool);
    return sum;
}

/* Has it waited, and the other worked, for long enough? */
static bool
has_had_its_turn(const struct fovea_slot *slot, const struct fovea_group *asker)
{
    int64_t now_ns = slot->group->pool->now_ns;
    return now_ns - asker->turn_ns >= FOVEA_TURN_NS &&
            now_ns - slot->ready_ns >= FOVEA_TURN_NS;
}

/* May it end so that another group can start? mu held. */
static bool
is_dispensable(const struct fovea_slot *slot, const struct fovea_group *asker)
{
    return slot->group != asker && fovea_slot_is_free_to_work(slot) &&
            (fovea_queue_size(&slot->group->queue) == 0 ||
                    has_had_its_turn(slot, asker));
}

/* mu held. */
static bool
is_leaving(const struct fovea_slot *slot, const struct fovea_group *asker,
        enum leaving leaving)
{
    if (leaving == LEAVING_ALL) {
        /* Any thread may ask this, and must not look at the loop's clock. */
        return slot->group != asker || fovea_slot_is_ending(slot);
    }
    return fovea_slot_is_ending(slot) ||
            (leaving == LEAVING_DISPENSABLE && is_dispensable(slot, asker));
}

/* What will be free when they have ended and items that hold memory are
   decoded: theirs, and the weights of groups that keep nobody. mu held. */
static uint64_t
coming_bytes(const struct fovea_group *asker, enum leaving leaving)
{
    const struct fovea_pool *pool = asker->pool;
    uint64_t sum = 0;
    for (const struct fovea_group *group = pool->groups; group;
            group = group->next) {
        bool keeps_one = group == asker;
        for (unsigned i = 0; i < pool->n_slots; i++) {
            const struct fovea_slot *slot = &pool->slots[i];
            if (slot->group != group || slot->state == FOVEA_WORKER_DEAD) {
                continue;
            }
            sum += slot->granted_bytes;
            if (is_leaving(slot, asker, leaving)) {
                sum += slot->own.bytes;
            } else {
                keeps_one = true;
            }
        }
        sum += keeps_one ? 0 : group->shared.bytes;
    }
    return sum;
}

/* mu held. */
static bool
is_enough(const struct fovea_group *asker, enum leaving leaving)
{
    return fovea_sum_bytes(fovea_governor_room(&asker->pool->governor),
                   coming_bytes(asker, leaving)) >= fovea_room_need(asker, 1);
}

static bool
is_enough_with(const struct fovea_group *asker, enum leaving leaving)
{
    fovea_lock(asker->pool);
    bool enough = is_enough(asker, leaving);
    fovea_unlock(asker->pool);
    return enough;
}

/* Ask the one to end that has been without work for longest. */
static bool
evict_one(const struct fovea_group *asker)
{
    struct fovea_pool *pool = asker->pool;
    struct fovea_slot *oldest = NULL;
    fovea_lock(pool);
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (slot->state != FOVEA_WORKER_DEAD && is_dispensable(slot, asker) &&
                (!oldest || slot->used_ns < oldest->used_ns)) {
            oldest = slot;
        }
    }
    fovea_unlock(pool);
    if (oldest) {
        oldest->group->yielded_ns = pool->now_ns;
        fovea_life_stop(oldest, FOVEA_STOP_MEMORY);
        fovea_poll_due(pool, oldest->due_ns);
    }
    return oldest != NULL;
}

void
fovea_room_make(const struct fovea_group *group)
{
    /* Those that cannot help yet are kept warm, but not for ever. */
    bool is_overdue = group->pool->now_ns - group->turn_ns >= FOVEA_TURN_NS;
    if (!is_overdue && !is_enough_with(group, LEAVING_DISPENSABLE)) {
        return;
    }
    while (!is_enough_with(group, LEAVING_ENDING) && evict_one(group)) {
    }
}

/* Whether there will be a place in the table without anybody's being asked. */
static bool
has_place(const struct fovea_pool *pool)
{
    bool has = pool->n_slots < FOVEA_MAX_WORKERS;
    for (unsigned i = 0; i < pool->n_slots && !has; i++) {
        has = pool->slots[i].state == FOVEA_WORKER_DEAD ||
                fovea_slot_is_ending(&pool->slots[i]);
    }
    return has;
}

void
fovea_room_make_place(const struct fovea_group *group)
{
    if (!has_place(group->pool)) {
        (void)evict_one(group); /* or wait until any worker ends */
    }
}

bool
fovea_room_must_yield(const struct fovea_slot *slot)
{
    struct fovea_pool *pool = slot->group->pool;
    const struct fovea_group *first = fovea_turn_first(pool);
    return first && first != slot->group && has_had_its_turn(slot, first) &&
            !(has_place(pool) && is_enough_with(first, LEAVING_ENDING));
}

/* As it is now. */
static enum fovea_status
refuse(const struct fovea_group *group, const struct fovea_governor *governor,
        struct fovea_error *err)
{
    uint64_t need = fovea_room_need(group, 1);
    return fovea_fail(err, FOVEA_ERR_MEMORY_EXHAUSTED,
            "Cannot spawn workers for %s%s. Need %" PRIu64 " MB, only %" PRIu64
            " MB available %s",
            fovea_group_part(group), group->settings.key,
            need / MIB + (need % MIB != 0), fovea_governor_room(governor) / MIB,
            fovea_limit_by(FOVEA_OPTION_MEMORY));
}

void
fovea_room_refusal(const struct fovea_group *group,
        struct fovea_error *error_out)
{
    (void)refuse(group, &group->pool->governor, error_out);
}

enum fovea_status
fovea_room_check(const struct fovea_group *group,
        const struct fovea_memory *memory, struct fovea_error *err)
{
    struct fovea_governor governor = group->pool->governor;
    if (memory) {
        fovea_governor_update(&governor, memory);
    }
    uint64_t most = fovea_sum_bytes(fovea_governor_room(&governor),
            coming_bytes(group, LEAVING_ALL));
    return most >= fovea_room_need(group, 1) ? FOVEA_OK
                                             : refuse(group, &governor, err);
}
