/*
 * The loop: one thread, one epoll, for clients that come, libmicrohttpd's own
 * epoll inside ours, notices of other threads, signals, and clients that go
 * while their request is worked on.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "http/notify.h"
#include "server/job.h"

enum {
    MAX_EVENTS = 64,
    MAX_ACCEPTED = 64,    /* in one go */
    CONTROL_RESERVE = 16, /* connections beyond the limit, for `fovea ps` */
    KEEP_ALIVE_SLACK_S = 5,
    CONNECTION_MEMORY = 128 << 10, /* head, and pieces of a body */
};

#define ACCEPT_AGAIN_NS (FOVEA_NS_PER_S / 5)

/* What an event is about: the address of one of the server's own fields, or of
   a listener, or of a connection. */
static bool
add_event(const struct fovea_server *server, int fd, uint32_t events,
        void *what)
{
    struct epoll_event event = { .events = events, .data.ptr = what };
    return epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

void
fovea_notice_post(struct fovea_server *server, struct fovea_notice *notice)
{
    notice->next = NULL;
    (void)pthread_mutex_lock(&server->mu);
    bool is_first = !server->first_notice;
    if (is_first) {
        server->first_notice = notice;
    } else {
        server->last_notice->next = notice;
    }
    server->last_notice = notice;
    (void)pthread_mutex_unlock(&server->mu);
    if (is_first) {
        (void)eventfd_write(server->wake, 1);
    }
}

static void
read_notices(struct fovea_server *server)
{
    eventfd_t count = 0;
    (void)eventfd_read(server->wake, &count);
    (void)pthread_mutex_lock(&server->mu);
    struct fovea_notice *notice = server->first_notice;
    server->first_notice = NULL;
    server->last_notice = NULL;
    (void)pthread_mutex_unlock(&server->mu);
    while (notice) {
        struct fovea_notice *next = notice->next;
        notice->read(notice);
        notice = next;
    }
    fovea_server_jobs_go_on(server);
}

void
fovea_loop_watch_client(struct fovea_connection *connection)
{
    /* Once, when it happens. Where it cannot be watched, time-outs do. */
    (void)add_event(connection->server, connection->fd, EPOLLRDHUP | EPOLLET,
            connection);
}

void
fovea_loop_unwatch_client(const struct fovea_connection *connection)
{
    (void)epoll_ctl(connection->server->epoll, EPOLL_CTL_DEL, connection->fd,
            NULL);
}

static bool
has_room(const struct fovea_server *server,
        const struct fovea_http_listener *listener)
{
    unsigned most = server->settings.max_connections +
            (listener->is_control ? CONTROL_RESERVE : 0);
    return server->n_connections < most;
}

/* Take in who waits at a listener. False: it cannot be helped for now. */
static bool
accept_some(struct fovea_server *server,
        const struct fovea_http_listener *listener)
{
    for (unsigned i = 0; i < MAX_ACCEPTED && has_room(server, listener); i++) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        int fd = accept4(listener->fd, (struct sockaddr *)&address, &size,
                SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            return errno == EAGAIN || errno == ECONNABORTED || errno == EINTR;
        }
        server->arriving = listener;
        /* Closes fd where it fails. */
        (void)MHD_add_connection(server->daemon, fd,
                (const struct sockaddr *)&address, size);
        server->arriving = NULL;
    }
    return true;
}

/* Listen, or do not, as there is room for connections. */
static void
set_accepting(struct fovea_server *server, bool on)
{
    if (server->is_accepting == on) {
        return;
    }
    server->is_accepting = on;
    for (unsigned i = 0; i < server->listeners.n; i++) {
        struct fovea_http_listener *listener = &server->listeners.all[i];
        if (listener->is_control) {
            continue;
        }
        if (on) {
            (void)add_event(server, listener->fd, EPOLLIN, listener);
        } else {
            (void)epoll_ctl(server->epoll, EPOLL_CTL_DEL, listener->fd, NULL);
        }
    }
}

static void
begin_draining(struct fovea_server *server)
{
    if (server->is_draining) {
        server->drain_until_ns = 0; /* asked twice: at once */
        return;
    }
    server->is_draining = true;
    server->drain_until_ns =
            fovea_later(fovea_clock_ns(), server->settings.drain_ns);
    fovea_http_notify("STOPPING=1");
    fovea_http_log_say(&server->log, "info", "server",
            "draining: %zu requests are under way", server->n_working);
}

static void
take_signals(struct fovea_server *server)
{
    struct signalfd_siginfo info;
    while (read(server->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            fovea_server_reload(server);
        } else {
            begin_draining(server);
        }
    }
}

static bool
is_listener(const struct fovea_server *server, const void *what)
{
    const struct fovea_http_listener *first = server->listeners.all;
    return (uintptr_t)what >= (uintptr_t)first &&
            (uintptr_t)what < (uintptr_t)(first + FOVEA_HTTP_MAX_LISTENERS);
}

static void
take_event(struct fovea_server *server, void *what, int64_t *accept_again_ns)
{
    if (what == &server->wake) {
        read_notices(server);
    } else if (what == &server->signals) {
        take_signals(server);
    } else if (is_listener(server, what)) {
        if (!accept_some(server, what)) {
            /* Out of descriptors, most likely: not in a circle. */
            set_accepting(server, false);
            *accept_again_ns = fovea_clock_ns() + ACCEPT_AGAIN_NS;
        }
    } else if (what != &server->daemon) {
        fovea_connection_half_close(what);
    }
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When libmicrohttpd has something to do without an event. */
static int64_t
daemon_due(const struct fovea_server *server, int64_t now_ns)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;
    return MHD_get_timeout(server->daemon, &ms) == MHD_YES
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

/* The time for draining is over: end what there is. */
static void
cut_off(struct fovea_server *server)
{
    struct fovea_error why;
    (void)fovea_fail(&why, FOVEA_ERR_SHUTTING_DOWN,
            "the server is shutting down and could not wait any longer");
    server->is_stopping = true;
    for (struct fovea_connection *connection = server->connections; connection;
            connection = connection->next) {
        if (connection->exchange) {
            fovea_server_job_cancel(connection->exchange->job, &why);
        }
    }
}

static bool
is_finished(struct fovea_server *server, int64_t now_ns)
{
    if (!server->is_draining) {
        return false;
    }
    if (!server->is_stopping && now_ns >= server->drain_until_ns) {
        cut_off(server);
    }
    if (server->is_stopping) {
        return server->n_working == 0;
    }
    for (const struct fovea_connection *connection = server->connections;
            connection; connection = connection->next) {
        if (connection->exchange) {
            return false;
        }
    }
    return true;
}

/* Whether connections are taken in. While draining they are answered too, so
   that load balancers see it; but where a socket stays open without us they
   wait in it for the next server, which will do what they ask. */
static bool
takes_connections(const struct fovea_server *server)
{
    return server->n_connections < server->settings.max_connections &&
            !(server->is_draining && server->listeners.n > 0 &&
                    server->listeners.all[0].is_inherited);
}

static void
go_round(struct fovea_server *server)
{
    struct epoll_event events[MAX_EVENTS];
    int64_t watchdog_ns = fovea_http_notify_watchdog_ns();
    int64_t watchdog_due_ns = watchdog_ns ? fovea_clock_ns() : INT64_MAX;
    int64_t accept_again_ns = 0;
    for (;;) {
        (void)MHD_run(server->daemon);
        int64_t now_ns = fovea_clock_ns();
        if (is_finished(server, now_ns)) {
            return;
        }
        if (now_ns >= watchdog_due_ns) {
            fovea_http_notify("WATCHDOG=1");
            watchdog_due_ns = now_ns + watchdog_ns;
        }
        set_accepting(server,
                takes_connections(server) && now_ns >= accept_again_ns);
        int64_t due_ns = fovea_connection_expire(server, now_ns);
        due_ns = earlier(due_ns, daemon_due(server, now_ns));
        due_ns = earlier(due_ns, watchdog_due_ns);
        if (accept_again_ns > now_ns) {
            due_ns = earlier(due_ns, accept_again_ns);
        }
        if (server->is_draining && !server->is_stopping) {
            due_ns = earlier(due_ns, server->drain_until_ns);
        }
        int n = epoll_wait(server->epoll, events, MAX_EVENTS,
                timeout_ms(due_ns, now_ns));
        for (int i = 0; i < n; i++) {
            take_event(server, events[i].data.ptr, &accept_again_ns);
        }
    }
}

static void log_daemon(void *context, const char *format, va_list arguments)
        __attribute__((format(printf, 2, 0)));

static void
log_daemon(void *context, const char *format, va_list arguments)
{
    struct fovea_server *server = context;
    char message[256];
    int size = vsnprintf(message, sizeof message, format, arguments);
    if (size > 0 && server->settings.log_verbose) {
        size_t end = strcspn(message, "\n");
        message[end] = '\0';
        fovea_http_log_say(&server->log, "info", "http", "%s", message);
    }
}

static enum fovea_status
open_daemon(struct fovea_server *server, struct fovea_error *err)
{
    const struct fovea_server_settings *settings = &server->settings;
    int64_t longest_ns = settings->keep_alive_ns > settings->body_ns
            ? settings->keep_alive_ns
            : settings->body_ns;
    int64_t idle_s = longest_ns / FOVEA_NS_PER_S;
    idle_s = idle_s < UINT16_MAX ? idle_s + KEEP_ALIVE_SLACK_S : 0;
    server->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
                    MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG,
            0, NULL, NULL, fovea_exchange_go_on, server,
            MHD_OPTION_EXTERNAL_LOGGER, log_daemon, server,
            MHD_OPTION_CONNECTION_LIMIT,
            settings->max_connections + CONTROL_RESERVE,
            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)idle_s,
            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
            MHD_OPTION_NOTIFY_CONNECTION, fovea_connection_changed, server,
            MHD_OPTION_URI_LOG_CALLBACK, fovea_exchange_begin, server,
            MHD_OPTION_NOTIFY_COMPLETED, fovea_exchange_end, server,
            MHD_OPTION_END);
    const union MHD_DaemonInfo *info = server->daemon
            ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)
            : NULL;
    if (!info || !add_event(server, info->epoll_fd, EPOLLIN, &server->daemon)) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY,
                "the HTTP library does not start");
    }
    return FOVEA_OK;
}

static enum fovea_status
open_events(struct fovea_server *server, struct fovea_error *err)
{
    sigset_t signals;
    fovea_server_signals(&signals);
    server->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (server->signals < 0 ||
            !add_event(server, server->wake, EPOLLIN, &server->wake) ||
            !add_event(server, server->signals, EPOLLIN, &server->signals)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "the server's events cannot be opened");
    }
    for (unsigned i = 0; i < server->listeners.n; i++) {
        struct fovea_http_listener *listener = &server->listeners.all[i];
        if (listener->is_control &&
                !add_event(server, listener->fd, EPOLLIN, listener)) {
            return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                    "%s cannot be listened on", listener->name);
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_server_loop(struct fovea_server *server, struct fovea_error *err)
{
    enum fovea_status status = open_events(server, err);
    if (!status) {
        status = open_daemon(server, err);
    }
    if (!status) {
        fovea_http_notify("READY=1\nSTATUS=serving");
        go_round(server);
    }
    if (server->daemon) {
        MHD_stop_daemon(server->daemon);
        server->daemon = NULL;
    }
    return status;
}
