/* Starting workers: the cold start, and one more. Room for them: room.h. */
#include "pool/start.h"

#include "pool/complete.h"
#include "pool/events.h"
#include "pool/failure.h"
#include "pool/grant.h"
#include "pool/group_weights.h"
#include "pool/life.h"
#include "pool/poll.h"
#include "pool/pressure.h"
#include "pool/prewarm.h"
#include "pool/room.h"
#include "pool/slot.h"
#include "pool/turns.h"

enum {
    COLD_START_WORKERS = 2
};

/* All or nothing. */
static bool
reserve(struct fovea_group *group, unsigned n, struct fovea_reservation owns[])
{
    struct fovea_pool *pool = group->pool;
    struct fovea_governor *governor = &pool->governor;
    uint64_t shared = fovea_room_need(group, 0);
    fovea_lock(pool);
    bool fits = fovea_room_need(group, n) <= fovea_governor_room(governor) &&
            (shared == 0 ||
                    fovea_governor_reserve(governor, shared, &group->shared));
    for (unsigned i = 0; i < n && fits; i++) {
        /* There is room: see above. */
        FOVEA_ASSERT(fovea_governor_reserve(governor,
                group->settings.worker_bytes, &owns[i]));
    }
    fovea_unlock(pool);
    return fits;
}

static size_t
queue_size(struct fovea_group *group)
{
    fovea_lock(group->pool);
    size_t n = fovea_queue_size(&group->queue);
    fovea_unlock(group->pool);
    return n;
}

static void
refuse(struct fovea_group *group, const struct fovea_error *why)
{
    fovea_turn_end(group);
    fovea_event_report(group->pool, FOVEA_EVENT_START_REFUSED, group, NULL,
            "%s", why->message);
    fovea_complete_waiting(group, why);
}

static bool
breaker_allows(struct fovea_group *group)
{
    fovea_lock(group->pool);
    bool allows = fovea_breaker_may_start(&group->breaker, group->pool->now_ns);
    fovea_unlock(group->pool);
    fovea_failure_breaker(group);
    return allows;
}

static unsigned
free_slots(const struct fovea_pool *pool)
{
    unsigned n = FOVEA_MAX_WORKERS - pool->n_slots;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        n += !fovea_slot_is_here(&pool->slots[i]);
    }
    return n;
}

static unsigned
smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static void
start_all(struct fovea_group *group, unsigned n,
        struct fovea_reservation owns[])
{
    struct fovea_pool *pool = group->pool;
    fovea_group_weights_find(group);
    struct fovea_slot *failed = NULL;
    for (unsigned i = 0; i < n && !failed; i++) {
        struct fovea_slot *slot = fovea_life_start(group, &owns[i]);
        failed = slot->state == FOVEA_WORKER_DEAD ? slot : NULL;
    }
    if (!failed) {
        return;
    }
    fovea_lock(pool);
    for (unsigned i = 0; i < n; i++) { /* nothing is held by those started */
        fovea_governor_release(&pool->governor, &owns[i]);
    }
    fovea_unlock(pool);
    fovea_failure_judge(failed);
}

/* How many workers to begin with, if there is memory: not those that others
   wait for. */
static unsigned
choose_number(const struct fovea_group *group)
{
    const struct fovea_pool *pool = group->pool;
    unsigned n = smaller(COLD_START_WORKERS, pool->settings.max_workers);
    uint64_t room = fovea_governor_room(&pool->governor);
    uint64_t need = fovea_room_need(group, n);
    if (group->breaker.state == FOVEA_BREAKER_HALF_OPEN || need > room ||
            fovea_room_need_of_others(group) > room - need) {
        n = 1;
    }
    return smaller(n, free_slots(pool));
}

/* Whether it may start now; takes care of being called again if not. */
static bool
is_its_turn(struct fovea_group *group)
{
    struct fovea_pool *pool = group->pool;
    if (!breaker_allows(group)) {
        fovea_turn_end(group);
        if (group->breaker.next_ns > pool->now_ns) {
            fovea_poll_due(pool, group->breaker.next_ns);
        }
        return false; /* or a probe's end will tell */
    }
    if (!group->has_turn) {
        fovea_poll_due(pool, pool->now_ns); /* it gets one in the next round */
        return false;
    }
    bool is_new = group->turn_ns == pool->now_ns;
    bool is_first = fovea_turn_first(pool) == group;
    if (!is_new && !is_first) {
        return false;
    }
    fovea_pressure_refresh(pool, is_new ? 0 : FOVEA_SCALE_AGAIN_NS);
    struct fovea_error why;
    fovea_lock(pool);
    bool can = fovea_room_check(group, NULL, &why) == FOVEA_OK;
    fovea_unlock(pool);
    if (!can) {
        refuse(group, &why);
    }
    return can && is_first;
}

static void
cold_start(struct fovea_group *group)
{
    struct fovea_pool *pool = group->pool;
    if (!is_its_turn(group)) {
        return;
    }
    if (fovea_grant_is_awaited_since(pool, group->turn_ns)) {
        fovea_poll_due(pool, pool->now_ns + FOVEA_SCALE_AGAIN_NS);
        return;
    }
    struct fovea_reservation owns[COLD_START_WORKERS] = { 0 };
    unsigned n = choose_number(group);
    bool has_place = n > 0;
    while (n > 0 && !reserve(group, n, owns)) {
        n--;
    }
    if (n == 0) {
        if (has_place) {
            fovea_room_make(group);
        } else {
            fovea_room_make_place(group);
        }
        fovea_poll_due(pool, pool->now_ns + FOVEA_SCALE_AGAIN_NS);
        return;
    }
    fovea_turn_end(group);
    fovea_lock(pool);
    group->counts.n_cold_starts++;
    fovea_unlock(pool);
    fovea_event_report(pool, FOVEA_EVENT_COLD_START, group, NULL, "%u worker%s",
            n, n == 1 ? "" : "s");
    start_all(group, n, owns);
}

/* One more beside others. */
static enum fovea_status
add_worker(struct fovea_group *group, struct fovea_error *err)
{
    struct fovea_pool *pool = group->pool;
    fovea_pressure_refresh(pool, FOVEA_SCALE_AGAIN_NS);
    if (pool->pressure >= FOVEA_PRESSURE_HIGH) {
        return fovea_fail(err, FOVEA_ERR_MEMORY_EXHAUSTED,
                "memory is short: no worker is added to those of %s",
                group->settings.key);
    }
    if (fovea_turn_first(pool)) {
        return fovea_fail(err, FOVEA_ERR_MEMORY_EXHAUSTED,
                "other models wait for memory: no worker is added to those of "
                "%s",
                group->settings.key);
    }
    if (fovea_grant_is_awaited(pool)) {
        return fovea_fail(err, FOVEA_ERR_MEMORY_EXHAUSTED,
                "an item waits for memory: no worker is added to those of %s",
                group->settings.key);
    }
    if (free_slots(pool) == 0) {
        return fovea_fail(err, FOVEA_ERR_MEMORY_EXHAUSTED,
                "all %d places for workers are taken", FOVEA_MAX_WORKERS);
    }
    if (!breaker_allows(group)) {
        return fovea_fail(err, FOVEA_ERR_CIRCUIT_OPEN, "%s",
                group->last_fault.message);
    }
    struct fovea_reservation own[1] = { { 0 } };
    if (!reserve(group, 1, own)) {
        struct fovea_error why;
        fovea_room_refusal(group, &why);
        return fovea_fail(err, why.code, "%s", why.message);
    }
    start_all(group, 1, own);
    return FOVEA_OK;
}

/* Each that is new, where workers live already: one more, and wait for it. The
   one that asks stays where it is until it is done, so it may be looked at. */
static void
serve_prewarms(struct fovea_group *group)
{
    struct fovea_pool *pool = group->pool;
    if (group->breaker.next_ns > pool->now_ns) {
        fovea_poll_due(pool, group->breaker.next_ns);
        return;
    }
    for (struct fovea_prewarm *prewarm;
            (prewarm = fovea_prewarm_next(group));) {
        struct fovea_error error = { .code = FOVEA_OK };
        bool is_full = fovea_slot_count(group, fovea_slot_lives) >=
                pool->settings.max_workers;
        uint64_t serial = pool->last_serial + 1;
        if (!is_full) {
            fovea_lock(pool);
            prewarm->serial = serial;
            fovea_unlock(pool);
            if (add_worker(group, &error)) {
                fovea_prewarm_done(group, serial, &error);
            }
        } else if (fovea_slot_count(group, fovea_slot_is_ready) > 0) {
            fovea_lock(pool);
            prewarm->serial = serial; /* of nobody: for this one alone */
            fovea_unlock(pool);
            fovea_prewarm_done(group, serial, &error);
        }
    }
}

static bool
is_busy(const struct fovea_slot *slot)
{
    return slot->state == FOVEA_WORKER_PROCESSING;
}

void
fovea_start_workers(struct fovea_group *group)
{
    struct fovea_pool *pool = group->pool;
    unsigned n_live = fovea_slot_count(group, fovea_slot_lives);
    if (n_live == 0) {
        while (fovea_prewarm_next(group)) {
            /* They wait for any worker now. */
        }
        cold_start(group);
        return;
    }
    fovea_turn_end(group);
    serve_prewarms(group);
    if (queue_size(group) == 0 || n_live >= pool->settings.max_workers ||
            fovea_slot_count(group, is_busy) < n_live) {
        return;
    }
    if (pool->now_ns >= group->scale_ns && add_worker(group, NULL)) {
        group->scale_ns = pool->now_ns + FOVEA_SCALE_AGAIN_NS;
    }
    fovea_poll_due(pool,
            group->scale_ns > pool->now_ns ? group->scale_ns : FOVEA_NEVER);
}
