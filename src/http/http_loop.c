/*
 * The loop: one thread, one epoll, for clients that come, libmicrohttpd's own
 * epoll inside ours, completions of other threads, signals, and clients that go
 * while their request is worked on.
 */
#include "http/http_loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/error.h"
#include "http/connection.h"
#include "http/drain.h"
#include "http/notify.h"

enum {
    MAX_EVENTS = 64,
    MAX_ACCEPTED = 64 /* in one go */
};

#define ACCEPT_AGAIN_NS (FOVEA_NS_PER_S / 5)

static bool
add(struct fovea_http *http, int fd, struct fovea_http_watched *watched,
        enum fovea_http_tag tag, void *what)
{
    return fovea_http_poller_add(http->epoll, fd, EPOLLIN, watched,
            (struct fovea_http_watched){ tag, what });
}

static bool
has_room(const struct fovea_http *http,
        const struct fovea_http_listener *listener)
{
    unsigned most = http->settings.max_connections +
            (listener->is_control ? FOVEA_HTTP_CONTROL_RESERVE : 0);
    return http->n_connections < most;
}

/* Take in who waits at a listener. False: it cannot be helped for now. */
static bool
accept_some(struct fovea_http *http, const struct fovea_http_listener *listener)
{
    for (unsigned i = 0; i < MAX_ACCEPTED && has_room(http, listener); i++) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        int fd = accept4(listener->fd, (struct sockaddr *)&address, &size,
                SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            return errno == EAGAIN || errno == ECONNABORTED || errno == EINTR;
        }
        http->arriving = listener;
        /* Closes fd where it fails. */
        (void)MHD_add_connection(http->daemon, fd,
                (const struct sockaddr *)&address, size);
        http->arriving = NULL;
    }
    return true;
}

/* Listen, or do not, as there is room for connections. */
static void
set_accepting(struct fovea_http *http, bool on)
{
    if (http->is_accepting == on) {
        return;
    }
    http->is_accepting = on;
    for (unsigned i = 0; i < http->listeners.n; i++) {
        struct fovea_http_listener *listener = &http->listeners.all[i];
        if (listener->is_control) {
            continue;
        }
        if (on) {
            (void)add(http, listener->fd, &listener->watched,
                    FOVEA_HTTP_TAG_LISTENER, listener);
        } else {
            fovea_http_poller_remove(http->epoll, listener->fd);
        }
    }
}

static void
take_event(struct fovea_http *http, struct fovea_http_watched *watched,
        int64_t *accept_again_ns)
{
    switch (watched->tag) {
    case FOVEA_HTTP_TAG_COMPLETIONS:
        fovea_http_completions_read(&http->completions);
        fovea_http_drain_take_stops(http);
        http->settings.woken(http->settings.context);
        break;
    case FOVEA_HTTP_TAG_SIGNALS:
        fovea_http_drain_take_signals(http);
        break;
    case FOVEA_HTTP_TAG_LISTENER:
        if (!accept_some(http, watched->what)) {
            /* Out of descriptors, most likely: do not spin. */
            set_accepting(http, false);
            *accept_again_ns = fovea_clock_ns() + ACCEPT_AGAIN_NS;
        }
        break;
    case FOVEA_HTTP_TAG_CONNECTION:
        fovea_http_connection_half_close(watched->what);
        break;
    case FOVEA_HTTP_TAG_DAEMON: /* runs in every round */
    default:
        break;
    }
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When libmicrohttpd has something to do without an event. */
static int64_t
daemon_due(const struct fovea_http *http, int64_t now_ns)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;
    return MHD_get_timeout(http->daemon, &ms) == MHD_YES
            ? fovea_later(now_ns, (int64_t)ms * FOVEA_NS_PER_MS)
            : INT64_MAX;
}

static int
timeout_ms(int64_t due_ns, int64_t now_ns)
{
    if (due_ns == INT64_MAX) {
        return -1;
    }
    int64_t ms =
            due_ns <= now_ns ? 0 : (due_ns - now_ns - 1) / FOVEA_NS_PER_MS + 1;
    return ms < INT32_MAX ? (int)ms : INT32_MAX;
}

/* Whether connections are taken in. While draining they are answered too, so
   that load balancers see it; but where a socket stays open without us they
   wait in it for the next server, which will do what they ask. */
static bool
takes_connections(const struct fovea_http *http)
{
    return http->n_connections < http->settings.max_connections &&
            !(http->is_draining && http->listeners.n > 0 &&
                    http->listeners.all[0].is_inherited);
}

void
fovea_http_loop_run(struct fovea_http *http)
{
    struct epoll_event events[MAX_EVENTS];
    int64_t watchdog_ns =
            http->settings.leaves_signals ? 0 : fovea_http_notify_watchdog_ns();
    int64_t watchdog_due_ns = watchdog_ns ? fovea_clock_ns() : INT64_MAX;
    int64_t accept_again_ns = 0;
    for (;;) {
        (void)MHD_run(http->daemon);
        int64_t now_ns = fovea_clock_ns();
        if (fovea_http_drain_is_over(http, now_ns)) {
            return;
        }
        if (now_ns >= watchdog_due_ns) {
            fovea_http_notify("WATCHDOG=1");
            watchdog_due_ns = now_ns + watchdog_ns;
        }
        set_accepting(http,
                takes_connections(http) && now_ns >= accept_again_ns);
        int64_t due_ns = fovea_http_connection_expire(http, now_ns);
        due_ns = earlier(due_ns, daemon_due(http, now_ns));
        due_ns = earlier(due_ns, watchdog_due_ns);
        if (accept_again_ns > now_ns) {
            due_ns = earlier(due_ns, accept_again_ns);
        }
        if (http->is_draining && !http->is_stopping) {
            due_ns = earlier(due_ns, http->drain_until_ns);
        }
        int n = epoll_wait(http->epoll, events, MAX_EVENTS,
                timeout_ms(due_ns, now_ns));
        for (int i = 0; i < n; i++) {
            take_event(http, events[i].data.ptr, &accept_again_ns);
        }
    }
}

enum fovea_status
fovea_http_loop_open(struct fovea_http *http, struct fovea_error *err)
{
    if (!add(http, http->completions.fd, &http->watched_completions,
                FOVEA_HTTP_TAG_COMPLETIONS, NULL) ||
            (http->signals >= 0 &&
                    !add(http, http->signals, &http->watched_signals,
                            FOVEA_HTTP_TAG_SIGNALS, NULL))) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "the server's events cannot be opened");
    }
    for (unsigned i = 0; i < http->listeners.n; i++) {
        struct fovea_http_listener *listener = &http->listeners.all[i];
        if (listener->is_control &&
                !add(http, listener->fd, &listener->watched,
                        FOVEA_HTTP_TAG_LISTENER, listener)) {
            return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                    "%s cannot be listened on", listener->name);
        }
    }
    return FOVEA_OK;
}

bool
fovea_http_loop_add_daemon(struct fovea_http *http)
{
    const union MHD_DaemonInfo *info =
            MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info &&
            add(http, info->epoll_fd, &http->watched_daemon,
                    FOVEA_HTTP_TAG_DAEMON, NULL);
}
