/*
 * A group's round: what is late is completed, what waits goes to workers that
 * have nothing to do, and if some is left, workers are started.
 */
#include "pool/schedule.h"

#include "option/limits.h"
#include "pool/complete.h"
#include "pool/dispatch.h"
#include "pool/failure.h"
#include "pool/inflight.h"
#include "pool/life.h"
#include "pool/load_send.h"
#include "pool/poll.h"
#include "pool/room.h"
#include "pool/slot.h"
#include "pool/start.h"
#include "pool/turns.h"

static void
expire(struct fovea_group *group)
{
    struct fovea_pool *pool = group->pool;
    struct fovea_items expired;
    fovea_lock(pool);
    fovea_queue_take_expired(&group->queue, pool->now_ns, &expired);
    int64_t due = group->queue.due_ns;
    fovea_unlock(pool);
    fovea_poll_due(pool, due);
    struct fovea_error late;
    if (fovea_turn_waits(group)) {
        fovea_room_refusal(group, &late);
    } else {
        (void)fovea_fail(&late, FOVEA_ERR_DEADLINE,
                "the deadline passed before a worker was free %s",
                fovea_limit_by(FOVEA_OPTION_DEADLINE));
    }
    fovea_complete_all(&expired, &late);
}

/* Nobody has the group open any more, and nothing is left to do. */
static void
stop_workers(struct fovea_group *group)
{
    struct fovea_pool *pool = group->pool;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (slot->group == group && fovea_slot_lives(slot) &&
                slot->n_inflight == 0) {
            fovea_life_stop(slot, FOVEA_STOP_MODEL);
            fovea_poll_due(pool, slot->due_ns);
        }
    }
}

void
fovea_schedule(struct fovea_group *group)
{
    struct fovea_pool *pool = group->pool;
    expire(group);
    fovea_lock(pool);
    bool is_open = group->n_handles > 0;
    bool has_work = fovea_queue_size(&group->queue) > 0;
    bool is_wanted = has_work || group->prewarms;
    bool refuses =
            is_wanted && fovea_breaker_refuses(&group->breaker, pool->now_ns);
    fovea_unlock(pool);
    if (refuses) {
        struct fovea_error error;
        fovea_failure_refusal(group, pool->now_ns, &error);
        fovea_complete_waiting(group, &error);
        is_wanted = false;
    }
    if (is_wanted) {
        fovea_dispatch(group);
        fovea_lock(pool);
        is_wanted = fovea_queue_size(&group->queue) > 0 || group->prewarms;
        fovea_unlock(pool);
    }
    if (is_wanted) {
        fovea_start_workers(group);
    } else {
        fovea_turn_end(group);
        if (!is_open) {
            stop_workers(group);
        }
    }
    fovea_load_send(group);
}

void
fovea_schedule_cancel(struct fovea_pool *pool)
{
    struct fovea_items cancelled = { 0 };
    fovea_lock(pool);
    fovea_items_move(&cancelled, &pool->cancelled);
    for (unsigned i = 0; i < pool->n_slots && pool->has_cancelled; i++) {
        fovea_inflight_take_cancelled(&pool->slots[i], &cancelled);
    }
    pool->has_cancelled = false;
    fovea_unlock(pool);
    struct fovea_error wish;
    (void)fovea_fail(&wish, FOVEA_ERR_CANCELLED, "it was cancelled");
    fovea_complete_all(&cancelled, &wish);
}
