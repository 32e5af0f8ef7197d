/*
 * A worker's life. The reason for stopping is set once, by whoever decides to
 * stop it, or by its end if nobody did.
 *
 * What a slot holds (descriptors, its reservation) is released when the process
 * is really gone, in release() and nowhere else.
 */
#include "pool/life.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "pool/events.h"
#include "pool/failure.h"
#include "pool/group_weights.h"
#include "pool/inflight.h"
#include "pool/poll.h"
#include "pool/slot.h"
#include "pool/spawn.h"
#include "wire/exit.h"

static enum fovea_phase
find_phase(const struct fovea_slot *slot)
{
    if (slot->ready_ns == 0) {
        return FOVEA_PHASE_STARTING;
    }
    if (slot->n_left > 0) {
        return slot->is_on_trial ? FOVEA_PHASE_TRIAL : FOVEA_PHASE_WORKING;
    }
    return slot->job_id == 0 ? FOVEA_PHASE_FRESH : FOVEA_PHASE_WAITING;
}

static void
set_reason(struct fovea_slot *slot, enum fovea_stop_reason reason,
        const struct fovea_error *why)
{
    slot->blame = fovea_blame_find(reason, find_phase(slot));
    fovea_lock(slot->group->pool);
    slot->reason = reason;
    fovea_unlock(slot->group->pool);
    if (why) {
        slot->failure = *why;
    }
}

static void
close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

/* The process, if there was one, is gone: so is everything that was its. */
static void
release(struct fovea_slot *slot)
{
    struct fovea_group *group = slot->group;
    fovea_process_close(&slot->process);
    close_fd(&slot->channel);
    close_fd(&slot->log_fd);
    close_fd(&slot->output_fd);
    fovea_slot_set_state(slot, FOVEA_WORKER_DEAD);
    fovea_inflight_release_all(slot);
    fovea_lock(group->pool);
    fovea_governor_release(&group->pool->governor, &slot->own);
    group->counts.stops[slot->reason]++;
    fovea_unlock(group->pool);
    fovea_group_weights_gone(slot);
}

static void
release_and_report(struct fovea_slot *slot)
{
    release(slot);
    bool said_why = slot->failure.code != FOVEA_OK;
    bool has_line = slot->last_line[0] != '\0';
    fovea_event_report(slot->group->pool, FOVEA_EVENT_WORKER_STOPPED,
            slot->group, slot, "%s%s%s%s%s",
            fovea_stop_reason_name(slot->reason), said_why ? ": " : "",
            said_why ? slot->failure.message : "",
            has_line && said_why ? "; its last words: " : "",
            has_line && said_why ? slot->last_line : "");
}

struct fovea_slot *
fovea_life_start(struct fovea_group *group, struct fovea_reservation *own)
{
    struct fovea_pool *pool = group->pool;
    struct fovea_slot *slot = fovea_slot_find(pool);
    FOVEA_ASSERT(slot);
    struct fovea_slot fresh = {
        .group = group,
        .state = FOVEA_WORKER_DEAD,
        .started_ns = pool->now_ns,
        .own = *own,
        .serial = ++pool->last_serial,
        .process.fd = -1,
        .channel = -1,
        .log_fd = -1,
        .output_fd = -1,
        .channel_state = FOVEA_CHANNEL_NEW,
        .due_ns = fovea_later(pool->now_ns, pool->settings.load_ns),
        .inflight_due_ns = FOVEA_NEVER,
        .is_probe = group->breaker.state == FOVEA_BREAKER_HALF_OPEN,
    };
    fovea_log_budget_init(&fresh.log);
    *own = (struct fovea_reservation){ 0 };
    fovea_lock(pool);
    *slot = fresh;
    if (slot == &pool->slots[pool->n_slots]) {
        pool->n_slots++;
    }
    fovea_breaker_started(&group->breaker);
    fovea_unlock(pool);
    fovea_slot_set_state(slot, FOVEA_WORKER_SPAWNING);

    struct fovea_error error;
    bool is_running = fovea_spawn(pool, slot, &error) == FOVEA_OK;
    if (is_running) {
        fovea_event_report(pool, FOVEA_EVENT_WORKER_STARTED, group, slot,
                "process %d", (int)slot->pid);
    }
    if (!is_running || !fovea_poll_watch(pool, slot, &error)) {
        set_reason(slot, FOVEA_STOP_EXEC, &error);
        fovea_slot_set_state(slot, FOVEA_WORKER_FAILED);
        if (is_running) { /* nothing would tell us of its end */
            (void)!fovea_process_signal(&slot->process, SIGKILL);
            (void)fovea_process_wait(&slot->process);
        }
        release_and_report(slot);
    }
    return slot;
}

/* It should end: when to ask whether it has, where nothing tells. */
void
fovea_life_check_soon(const struct fovea_slot *slot)
{
    if (slot->process.fd < 0) {
        struct fovea_pool *pool = slot->group->pool;
        fovea_poll_due(pool, pool->now_ns + FOVEA_CHECK_END_SOON_NS);
    }
}

void
fovea_life_kill(struct fovea_slot *slot, enum fovea_stop_reason reason,
        const struct fovea_error *why)
{
    struct fovea_pool *pool = slot->group->pool;
    set_reason(slot, reason, why);
    fovea_slot_set_state(slot, FOVEA_WORKER_FAILED);
    fovea_poll_unwatch(pool, slot->channel);
    (void)!fovea_process_signal(&slot->process, SIGKILL);
    fovea_life_check_soon(slot);
    fovea_failure_lose_inflight(slot);
    fovea_failure_judge(slot);
}

/* Most likely it is about to end, and its process will say how; if it does not,
   it is of no use. */
void
fovea_life_lose_channel(struct fovea_slot *slot)
{
    struct fovea_pool *pool = slot->group->pool;
    fovea_lock(pool);
    slot->is_disconnected = true;
    fovea_unlock(pool);
    slot->due_ns = pool->now_ns + FOVEA_STOP_AFTER_NS;
    fovea_poll_unwatch(pool, slot->channel);
    fovea_poll_due(pool, slot->due_ns);
    fovea_life_check_soon(slot);
}

void
fovea_life_send_failed(struct fovea_slot *slot, const struct fovea_error *why)
{
    if (why->sys_errno == EPIPE || why->sys_errno == ECONNRESET) {
        fovea_life_lose_channel(slot);
    } else {
        fovea_life_kill(slot, FOVEA_STOP_PROTOCOL, why);
    }
}

void
fovea_life_stop(struct fovea_slot *slot, enum fovea_stop_reason reason)
{
    struct fovea_pool *pool = slot->group->pool;
    FOVEA_ASSERT(slot->n_inflight == 0 && fovea_slot_lives(slot));
    if (!fovea_slot_is_free_to_work(slot)) {
        fovea_life_kill(slot, reason, NULL);
        return;
    }
    set_reason(slot, reason, NULL);
    fovea_slot_set_state(slot, FOVEA_WORKER_EVICTING);
    slot->due_ns = pool->now_ns + FOVEA_STOP_AFTER_NS;
    fovea_poll_unwatch(pool, slot->channel);
    (void)shutdown(slot->channel, SHUT_RDWR);
    (void)!fovea_process_signal(&slot->process, SIGTERM);
    fovea_life_check_soon(slot);
}

/* "signal 11 (SIGSEGV)", "exit code 3", with the reason that it shows. */
static enum fovea_stop_reason
describe_end(struct fovea_pool *pool, const siginfo_t *info,
        struct fovea_error *why)
{
    if (info->si_pid == 0) {
        (void)fovea_fail(why, FOVEA_ERR_WORKER_CRASHED,
                "its end was seen by another part of the program");
        return FOVEA_STOP_EXITED;
    }
    if (info->si_code == CLD_EXITED) {
        const char *text = fovea_worker_exit_text(info->si_status);
        (void)fovea_fail(why, FOVEA_ERR_WORKER_CRASHED, "exit code %d%s%s%s",
                info->si_status, text ? " (" : "", text ? text : "",
                text ? ")" : "");
        return FOVEA_STOP_EXITED;
    }
    const char *name = sigabbrev_np(info->si_status);
    (void)fovea_fail(why, FOVEA_ERR_WORKER_CRASHED, "signal %d (SIG%s)",
            info->si_status, name ? name : "?");
    if (info->si_status != SIGKILL) {
        return fovea_blame_signal(info->si_status);
    }
    uint64_t oom_kills = fovea_memory_oom_kills(pool->settings.memory_root);
    bool is_oom = oom_kills > pool->oom_kills;
    pool->oom_kills = oom_kills;
    if (!is_oom) {
        return FOVEA_STOP_KILLED;
    }
    (void)fovea_fail(why, FOVEA_ERR_WORKER_CRASHED,
            "the kernel, for lack of memory; a smaller memory limit keeps "
            "workers from it");
    return FOVEA_STOP_OOM;
}

void
fovea_life_reap(struct fovea_slot *slot)
{
    struct fovea_pool *pool = slot->group->pool;
    const siginfo_t info = fovea_process_wait(&slot->process);
    if (slot->reason == FOVEA_STOP_NONE) {
        struct fovea_error why;
        enum fovea_stop_reason reason = describe_end(pool, &info, &why);
        set_reason(slot, reason, &why);
    }
    bool is_judged = slot->state == FOVEA_WORKER_FAILED;
    if (fovea_slot_lives(slot)) {
        fovea_slot_set_state(slot, FOVEA_WORKER_FAILED);
        fovea_failure_lose_inflight(slot);
    }
    release_and_report(slot); /* first: who hears of it finds the memory free */
    if (!is_judged) {
        fovea_failure_judge(slot);
    }
}
