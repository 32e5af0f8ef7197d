/*
 * The loop thread: rounds of epoll. A round first looks at everything whose
 * time may have come, then waits until something happens or the next time
 * comes. Nothing is due in a pool without workers and items: it sleeps.
 */
#include "pool/loop.h"

#include "base/thread.h"
#include "pool/close.h"
#include "pool/grant.h"
#include "pool/life.h"
#include "pool/poll.h"
#include "pool/pressure.h"
#include "pool/receive.h"
#include "pool/schedule.h"
#include "pool/turns.h"
#include "pool/upkeep.h"
#include "pool/worker_log.h"

enum {
    MAX_FRAMES = 64 /* of one worker in a round */
};

static void
upkeep(struct fovea_pool *pool)
{
    unsigned n_live = 0;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (slot->state != FOVEA_WORKER_DEAD) {
            fovea_upkeep_check_end(slot);
        }
        if (slot->state != FOVEA_WORKER_DEAD) {
            fovea_worker_log_upkeep(slot);
            fovea_upkeep_slot(slot);
            n_live += slot->state != FOVEA_WORKER_DEAD;
        }
    }
    if (n_live == 0) {
        return;
    }
    fovea_pressure_refresh(pool, FOVEA_PRESSURE_EVERY_NS);
    fovea_poll_due(pool, pool->memory_read_ns + FOVEA_PRESSURE_EVERY_NS);
    if (pool->pressure < FOVEA_PRESSURE_CRITICAL) {
        return;
    }
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (slot->state == FOVEA_WORKER_IDLE) {
            fovea_life_stop(slot, FOVEA_STOP_MEMORY);
            fovea_poll_due(pool, slot->due_ns);
        }
    }
}

static bool
is_busy(struct fovea_pool *pool)
{
    bool busy = !fovea_background_is_idle(&pool->background);
    fovea_lock(pool);
    for (struct fovea_group *group = pool->groups; group && !busy;
            group = group->next) {
        busy = fovea_queue_size(&group->queue) > 0 || group->prewarms;
    }
    fovea_unlock(pool);
    for (unsigned i = 0; i < pool->n_slots && !busy; i++) {
        busy = pool->slots[i].state != FOVEA_WORKER_DEAD &&
                pool->slots[i].n_inflight > 0;
    }
    return busy;
}

static bool
has_processes(const struct fovea_pool *pool)
{
    for (unsigned i = 0; i < pool->n_slots; i++) {
        if (pool->slots[i].state != FOVEA_WORKER_DEAD) {
            return true;
        }
    }
    return false;
}

/* False when it was the last round. */
static bool
run_round(struct fovea_pool *pool, bool is_closing, int64_t drain_until_ns)
{
    pool->due_ns = FOVEA_NEVER;
    fovea_background_collect(&pool->background);
    fovea_schedule_cancel(pool);
    upkeep(pool);
    fovea_grant_round(pool);
    if (is_closing) {
        fovea_poll_due(pool, drain_until_ns);
        if (pool->now_ns >= drain_until_ns || !is_busy(pool)) {
            fovea_close_all(pool);
            return has_processes(pool) ||
                    !fovea_background_is_idle(&pool->background);
        }
    }
    fovea_lock(pool);
    struct fovea_group *group = pool->groups;
    fovea_unlock(pool);
    fovea_turns_take(pool);
    for (; group; group = group->next) {
        fovea_schedule(group);
    }
    fovea_close_groups(pool, false);
    return true;
}

static void
handle(struct fovea_slot *slot, enum fovea_watched watched)
{
    switch (watched) {
    case FOVEA_WATCHED_PROCESS:
        fovea_upkeep_reap(slot);
        break;
    case FOVEA_WATCHED_CHANNEL:
        if (slot->state != FOVEA_WORKER_DEAD && !slot->is_disconnected) {
            fovea_receive(slot, MAX_FRAMES);
        }
        break;
    case FOVEA_WATCHED_LOG:
        if (slot->state != FOVEA_WORKER_DEAD) {
            fovea_worker_log_receive(slot);
        }
        break;
    case FOVEA_WATCHED_WAKE:
    case FOVEA_WATCHED_COUNT:
        break;
    }
}

static void *
run(void *context)
{
    struct fovea_pool *pool = context;
    (void)pthread_setname_np(pthread_self(), "fovea-pool");
    for (;;) {
        fovea_lock(pool);
        pool->is_woken = false;
        bool is_closing = pool->is_closing;
        int64_t drain_until_ns = pool->drain_until_ns;
        fovea_unlock(pool);
        pool->now_ns = fovea_clock_ns();
        if (!run_round(pool, is_closing, drain_until_ns)) {
            break;
        }
        fovea_poll_wait(pool, handle);
    }
    return NULL;
}

enum fovea_status
fovea_pool_loop_start(struct fovea_pool *pool, struct fovea_error *err)
{
    if (pool->has_thread) {
        return FOVEA_OK;
    }
    enum fovea_status status = fovea_poll_watch_wake(pool, err);
    if (status) {
        return status;
    }
    int error = fovea_thread_create(&pool->thread, run, pool);
    if (error) {
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, error,
                "cannot start the pool's thread");
    }
    pool->has_thread = true;
    return FOVEA_OK;
}
