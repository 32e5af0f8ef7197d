/*
 * What time does to workers: too long at an item, at loading or at ending, and
 * without work. No time is over before what the worker did until then was seen.
 */
#include "pool/upkeep.h"

#include <limits.h>
#include <signal.h>

#include "option/limits.h"
#include "pool/complete.h"
#include "pool/inflight.h"
#include "pool/life.h"
#include "pool/poll.h"
#include "pool/receive.h"
#include "pool/slot.h"
#include "pool/worker_log.h"

void
fovea_upkeep_reap(struct fovea_slot *slot)
{
    /* What it said before its end counts, and may say why. */
    if (fovea_slot_lives(slot)) {
        fovea_receive(slot, UINT_MAX);
    }
    fovea_worker_log_finish(slot);
    fovea_life_reap(slot);
}

void
fovea_upkeep_check_end(struct fovea_slot *slot)
{
    if (slot->process.fd >= 0) {
        return; /* the loop is told */
    }
    if (fovea_process_has_ended(&slot->process)) {
        fovea_upkeep_reap(slot);
    } else if (slot->is_disconnected || !fovea_slot_lives(slot)) {
        fovea_life_check_soon(slot);
    } else {
        struct fovea_pool *pool = slot->group->pool;
        fovea_poll_due(pool, pool->now_ns + FOVEA_CHECK_END_NS);
    }
}

/* Complete what is past its deadline. The worker goes on: it will be done soon,
   and starting another costs more. */
static void
expire_inflight(struct fovea_slot *slot)
{
    struct fovea_items expired;
    fovea_inflight_take_expired(slot, &expired);
    struct fovea_error late;
    (void)fovea_fail(&late, FOVEA_ERR_DEADLINE,
            "the deadline passed while a worker was at the %s %s",
            fovea_group_item(slot->group),
            fovea_limit_by(FOVEA_OPTION_DEADLINE));
    fovea_complete_all(&expired, &late);
}

/* Its time is over; but perhaps it was somebody who held it still. */
static void
time_out(struct fovea_slot *slot, enum fovea_stop_reason reason,
        const struct fovea_error *why)
{
    struct fovea_error outside;
    bool is_stopped = fovea_process_is_stopped(&slot->process);
    (void)fovea_fail(&outside, FOVEA_ERR_WORKER_CRASHED,
            "somebody who stopped it (SIGSTOP): %s", why->message);
    fovea_life_kill(slot, is_stopped ? FOVEA_STOP_KILLED : reason,
            is_stopped ? &outside : why);
}

/* A worker's time is over. That may be because this thread stood still (a host
   that was stopped, a callback that took long), so what the worker did
   meanwhile comes first. */
static void
catch_up(struct fovea_slot *slot)
{
    if (fovea_process_has_ended(&slot->process)) {
        fovea_upkeep_reap(slot);
    } else if (!slot->is_disconnected) {
        fovea_receive(slot, UINT_MAX);
    }
    fovea_poll_due(slot->group->pool, slot->group->pool->now_ns);
}

static int64_t
item_due_ns(const struct fovea_slot *slot)
{
    bool is_waiting = slot->channel_state == FOVEA_CHANNEL_ASKED; /* for us */
    return is_waiting ? FOVEA_NEVER
                      : fovea_later(slot->progress_ns,
                                slot->group->pool->settings.image_ns);
}

static void
upkeep_processing(struct fovea_slot *slot)
{
    struct fovea_pool *pool = slot->group->pool;
    if (pool->now_ns >= item_due_ns(slot)) {
        catch_up(slot);
        if (slot->state != FOVEA_WORKER_PROCESSING || slot->is_disconnected) {
            return;
        }
    }
    int64_t due = item_due_ns(slot);
    if (pool->now_ns < due) {
        fovea_poll_due(pool, due);
        expire_inflight(slot);
        return;
    }
    struct fovea_error why;
    (void)fovea_fail(&why, FOVEA_ERR_WORKER_TIMEOUT,
            "no sign of life for %.3g s with this %s in flight %s",
            (double)pool->settings.image_ns / (double)FOVEA_NS_PER_S,
            fovea_group_item(slot->group),
            fovea_limit_by(FOVEA_OPTION_IMAGE_TIME));
    time_out(slot, FOVEA_STOP_IMAGE_TIMEOUT, &why);
}

static void
upkeep_idle(struct fovea_slot *slot)
{
    struct fovea_pool *pool = slot->group->pool;
    int64_t end = fovea_later(slot->used_ns, pool->settings.idle_ns);
    if (pool->now_ns >= end) {
        fovea_life_stop(slot, FOVEA_STOP_IDLE);
        fovea_poll_due(pool, slot->due_ns);
        return;
    }
    fovea_poll_due(pool, end);
    if (slot->state != FOVEA_WORKER_READY) {
        return;
    }
    int64_t idle = slot->used_ns + FOVEA_IDLE_AFTER_NS;
    if (pool->now_ns >= idle) {
        fovea_slot_set_state(slot, FOVEA_WORKER_IDLE);
    } else {
        fovea_poll_due(pool, idle);
    }
}

static void
upkeep_loading(struct fovea_slot *slot)
{
    struct fovea_pool *pool = slot->group->pool;
    if (pool->now_ns < slot->due_ns) {
        fovea_poll_due(pool, slot->due_ns);
        return;
    }
    enum fovea_worker_state state = slot->state;
    catch_up(slot);
    if (slot->state != state || slot->is_disconnected ||
            pool->now_ns < slot->due_ns) {
        return;
    }
    struct fovea_error why;
    (void)fovea_fail(&why, FOVEA_ERR_WORKER_START,
            "not ready after %.3g s of %s %s",
            (double)pool->settings.load_ns / (double)FOVEA_NS_PER_S,
            fovea_worker_state_name(slot->state),
            fovea_limit_by(FOVEA_OPTION_LOAD_TIME));
    time_out(slot, FOVEA_STOP_LOAD_TIMEOUT, &why);
}

static void
upkeep_disconnected(struct fovea_slot *slot)
{
    struct fovea_pool *pool = slot->group->pool;
    if (pool->now_ns < slot->due_ns) {
        fovea_poll_due(pool, slot->due_ns);
        return;
    }
    catch_up(slot);
    if (!fovea_slot_lives(slot)) {
        return;
    }
    struct fovea_error why;
    (void)fovea_fail(&why, FOVEA_ERR_WORKER_CRASHED,
            "it closed the channel and lived on");
    fovea_life_kill(slot, FOVEA_STOP_PROTOCOL, &why);
}

void
fovea_upkeep_slot(struct fovea_slot *slot)
{
    struct fovea_pool *pool = slot->group->pool;
    if (slot->is_disconnected && fovea_slot_lives(slot)) {
        upkeep_disconnected(slot);
        return;
    }
    switch (slot->state) {
    case FOVEA_WORKER_SPAWNING:
    case FOVEA_WORKER_LOADING:
        upkeep_loading(slot);
        break;
    case FOVEA_WORKER_READY:
    case FOVEA_WORKER_IDLE:
        upkeep_idle(slot);
        break;
    case FOVEA_WORKER_PROCESSING:
        upkeep_processing(slot);
        break;
    case FOVEA_WORKER_EVICTING:
        if (pool->now_ns >= slot->due_ns) {
            (void)!fovea_process_signal(&slot->process, SIGKILL);
            slot->due_ns = FOVEA_NEVER;
        }
        fovea_poll_due(pool, slot->due_ns);
        break;
    case FOVEA_WORKER_FAILED:
    case FOVEA_WORKER_DEAD:
        break;
    }
}
