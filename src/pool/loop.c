/*
 * The loop thread: rounds of epoll. A round first looks at everything whose
 * time may have come, then waits until something happens or the next time
 * comes. Nothing is due in a pool without workers and images: it sleeps.
 */
#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>

#include "base/thread.h"
#include "pool/chores.h"
#include "pool/internal.h"
#include "pool/room.h"

enum {
    MAX_EVENTS = 64,
    MAX_FRAMES = 64, /* of one worker in a round */
};

/* What an event is about: its slot and which of its descriptors. */
enum watched {
    WATCHED_WAKE,
    WATCHED_PROCESS,
    WATCHED_CHANNEL,
    WATCHED_LOG,
    WATCHED_COUNT
};

void
fovea_poll_wake(struct fovea_pool *pool)
{
    if (!pool->is_woken) {
        pool->is_woken = true;
        uint64_t one = 1;
        ssize_t n = write(pool->wake, &one, sizeof one);
        FOVEA_ASSERT(n == sizeof one); /* it holds 2^64 - 2 before it is full */
    }
}

void
fovea_poll_due(struct fovea_pool *pool, int64_t time_ns)
{
    if (time_ns < pool->due_ns) {
        pool->due_ns = time_ns;
    }
}

static bool
watch(const struct fovea_pool *pool, int fd, uint64_t index, enum watched what)
{
    struct epoll_event event = {
        .events = EPOLLIN,
        .data.u64 = index * WATCHED_COUNT + what,
    };
    return epoll_ctl(pool->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool
fovea_poll_watch_log(const struct fovea_pool *pool,
        const struct fovea_slot *slot)
{
    return watch(pool, slot->log_fd, (uint64_t)(slot - pool->slots),
            WATCHED_LOG);
}

bool
fovea_poll_watch(struct fovea_pool *pool, const struct fovea_slot *slot,
        struct fovea_error *err)
{
    uint64_t index = (uint64_t)(slot - pool->slots);
    if ((slot->process.fd < 0 ||
                watch(pool, slot->process.fd, index, WATCHED_PROCESS)) &&
            watch(pool, slot->channel, index, WATCHED_CHANNEL) &&
            fovea_poll_watch_log(pool, slot)) {
        return true;
    }
    (void)fovea_fail_errno(err, FOVEA_ERR_WORKER_START, errno,
            "cannot watch a worker");
    return false;
}

void
fovea_poll_unwatch(const struct fovea_pool *pool, int fd)
{
    (void)epoll_ctl(pool->epoll, EPOLL_CTL_DEL, fd, NULL);
}

static void
upkeep(struct fovea_pool *pool)
{
    unsigned n_live = 0;
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (slot->state != FOVEA_WORKER_DEAD) {
            fovea_slot_look(slot);
        }
        if (slot->state != FOVEA_WORKER_DEAD) {
            fovea_log_upkeep(slot);
            fovea_slot_upkeep(slot);
            n_live += slot->state != FOVEA_WORKER_DEAD;
        }
    }
    if (n_live == 0) {
        return;
    }
    fovea_start_refresh(pool, FOVEA_PRESSURE_EVERY_NS);
    fovea_poll_due(pool, pool->memory_read_ns + FOVEA_PRESSURE_EVERY_NS);
    if (pool->pressure < FOVEA_PRESSURE_CRITICAL) {
        return;
    }
    for (unsigned i = 0; i < pool->n_slots; i++) {
        struct fovea_slot *slot = &pool->slots[i];
        if (slot->state == FOVEA_WORKER_IDLE) {
            fovea_slot_stop(slot, FOVEA_STOP_MEMORY);
            fovea_poll_due(pool, slot->due_ns);
        }
    }
}

static bool
is_busy(struct fovea_pool *pool)
{
    bool busy = !fovea_chores_are_done(pool);
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
    fovea_chores_collect(pool);
    fovea_schedule_cancel(pool);
    upkeep(pool);
    fovea_grant_round(pool);
    if (is_closing) {
        fovea_poll_due(pool, drain_until_ns);
        if (pool->now_ns >= drain_until_ns || !is_busy(pool)) {
            fovea_close_all(pool);
            return has_processes(pool) || !fovea_chores_are_done(pool);
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

/* Rounded up: a millisecond late is better than a round in vain. */
static int
wait_ms(const struct fovea_pool *pool)
{
    if (pool->due_ns == FOVEA_NEVER) {
        return -1;
    }
    int64_t left_ns = pool->due_ns - fovea_clock_ns();
    if (left_ns <= 0) {
        return 0;
    }
    int64_t ms = (left_ns - 1) / FOVEA_NS_PER_MS + 1;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

static void
handle(struct fovea_pool *pool, uint64_t data)
{
    struct fovea_slot *slot = &pool->slots[data / WATCHED_COUNT];
    switch ((enum watched)(data % WATCHED_COUNT)) {
    case WATCHED_WAKE: {
        uint64_t count;
        (void)!read(pool->wake, &count, sizeof count);
        break;
    }
    case WATCHED_PROCESS:
        fovea_slot_reap(slot);
        break;
    case WATCHED_CHANNEL:
        /* An earlier event of the same wait may have ended it. */
        if (slot->state != FOVEA_WORKER_DEAD && !slot->is_disconnected) {
            fovea_receive(slot, MAX_FRAMES);
        }
        break;
    case WATCHED_LOG:
        if (slot->state != FOVEA_WORKER_DEAD) {
            fovea_log_receive(slot);
        }
        break;
    case WATCHED_COUNT:
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
        struct epoll_event events[MAX_EVENTS];
        int n = epoll_wait(pool->epoll, events, MAX_EVENTS, wait_ms(pool));
        FOVEA_ASSERT(n >= 0 || errno == EINTR);
        pool->now_ns = fovea_clock_ns();
        for (int i = 0; i < n; i++) {
            handle(pool, events[i].data.u64);
        }
    }
    return NULL;
}

enum fovea_status
fovea_pool_loop_start(struct fovea_pool *pool, struct fovea_error *err)
{
    if (pool->has_thread) {
        return FOVEA_OK;
    }
    if (!watch(pool, pool->wake, 0, WATCHED_WAKE) && errno != EEXIST) {
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, errno,
                "cannot watch the pool's own events");
    }
    int error = fovea_thread_create(&pool->thread, run, pool);
    if (error) {
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, error,
                "cannot start the pool's thread");
    }
    pool->has_thread = true;
    return FOVEA_OK;
}
