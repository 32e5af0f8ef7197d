/* See poll.h. */
#include "pool/poll.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

enum {
    MAX_EVENTS = 64
};

enum fovea_status
fovea_poll_open(struct fovea_pool *pool, struct fovea_error *err)
{
    pool->epoll = epoll_create1(EPOLL_CLOEXEC);
    pool->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pool->epoll < 0 || pool->wake < 0) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "cannot make the pool's descriptors");
    }
    return FOVEA_OK;
}

void
fovea_poll_close(struct fovea_pool *pool)
{
    if (pool->wake >= 0) {
        (void)close(pool->wake);
    }
    if (pool->epoll >= 0) {
        (void)close(pool->epoll);
    }
}

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
watch(const struct fovea_pool *pool, int fd, uint64_t index,
        enum fovea_watched what)
{
    struct epoll_event event = {
        .events = EPOLLIN,
        .data.u64 = index * FOVEA_WATCHED_COUNT + what,
    };
    return epoll_ctl(pool->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

enum fovea_status
fovea_poll_watch_wake(const struct fovea_pool *pool, struct fovea_error *err)
{
    if (!watch(pool, pool->wake, 0, FOVEA_WATCHED_WAKE) && errno != EEXIST) {
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, errno,
                "cannot watch the pool's own events");
    }
    return FOVEA_OK;
}

bool
fovea_poll_watch_log(const struct fovea_pool *pool,
        const struct fovea_slot *slot)
{
    return watch(pool, slot->log_fd, (uint64_t)(slot - pool->slots),
            FOVEA_WATCHED_LOG);
}

bool
fovea_poll_watch(struct fovea_pool *pool, const struct fovea_slot *slot,
        struct fovea_error *err)
{
    uint64_t index = (uint64_t)(slot - pool->slots);
    if ((slot->process.fd < 0 ||
                watch(pool, slot->process.fd, index, FOVEA_WATCHED_PROCESS)) &&
            watch(pool, slot->channel, index, FOVEA_WATCHED_CHANNEL) &&
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

/* Rounded up: a millisecond late is better than a round for nothing. */
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

/* It may be woken again. */
static void
clear_wake(const struct fovea_pool *pool)
{
    uint64_t count;
    (void)!read(pool->wake, &count, sizeof count);
}

void
fovea_poll_wait(struct fovea_pool *pool, fovea_poll_event_fn *handle)
{
    struct epoll_event events[MAX_EVENTS];
    int n = epoll_wait(pool->epoll, events, MAX_EVENTS, wait_ms(pool));
    FOVEA_ASSERT(n >= 0 || errno == EINTR);
    pool->now_ns = fovea_clock_ns();
    for (int i = 0; i < n; i++) {
        uint64_t data = events[i].data.u64;
        enum fovea_watched watched = data % FOVEA_WATCHED_COUNT;
        if (watched == FOVEA_WATCHED_WAKE) {
            clear_wake(pool);
        } else {
            handle(&pool->slots[data / FOVEA_WATCHED_COUNT], watched);
        }
    }
}
