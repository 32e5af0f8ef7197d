/* A server's start and end: see server.h. */
#include "server/server.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "http/notify.h"
#include "server/backroom.h"
#include "server/control.h"
#include "server/served.h"

enum {
    UNIX_MODE = 0660, /* owner and group */
    CONTROL_MODE = 0600
};

static bool
is_failure(const struct fovea_event *event)
{
    return fovea_stop_reason_is_fault(event->reason) ||
            event->kind == FOVEA_EVENT_START_REFUSED ||
            event->kind == FOVEA_EVENT_NO_SANDBOX ||
            event->kind == FOVEA_EVENT_BREAKER;
}

/* From the pool's thread. */
static void
log_event(void *context, const struct fovea_event *event)
{
    struct fovea_server *server = context;
    struct fovea_http_log_line line;
    bool is_bad = is_failure(event);
    if (!is_bad && !server->settings.log_verbose &&
            event->kind != FOVEA_EVENT_WORKER_LOG) {
        return;
    }
    fovea_http_log_begin(&server->log, is_bad ? "warning" : "info",
            fovea_event_kind_name(event->kind), &line);
    if (event->model_key) {
        fovea_http_log_string(&line, "model", event->model_key);
    }
    if (event->pid) {
        fovea_http_log_number(&line, "pid", event->pid);
    }
    if (event->reason) {
        fovea_http_log_string(&line, "reason",
                fovea_stop_reason_name(event->reason));
    }
    fovea_http_log_string(&line, "message", event->message);
    fovea_http_log_end(&server->log, &line);
}

void
fovea_server_reload(struct fovea_server *server)
{
    const struct fovea_server_settings *settings = &server->settings;
    struct fovea_error error;
    fovea_http_notify_reloading();
    if (fovea_http_log_reopen(&server->log, &error)) {
        fovea_http_log_say(&server->log, "error", "reload", "%s",
                error.message);
    }
    if (fovea_http_keys_read(settings->api_key, settings->api_key_file,
                &server->keys, &error)) {
        fovea_http_log_say(&server->log, "error", "reload",
                "%s; the keys stay as they were", error.message);
    } else {
        fovea_http_log_say(&server->log, "info", "reload",
                "log opened anew, %zu keys read", server->keys.n);
    }
    fovea_http_notify("READY=1");
}

static enum fovea_status
open_models(struct fovea_server *server, struct fovea_error *err)
{
    const struct fovea_server_settings *settings = &server->settings;
    server->models = calloc(settings->n_models, sizeof *server->models);
    if (!server->models) {
        return fovea_fail_memory(err, settings->n_models, "models");
    }
    for (size_t i = 0; i < settings->n_models; i++) {
        enum fovea_status status =
                fovea_served_open(server, settings->models[i], err);
        if (!status && settings->warm) {
            status = fovea_pool_spawn_worker(server->models[i].model, err);
        }
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

/* `fovea ps` will not see this one where that fails; it serves all the same. */
static void
open_control(struct fovea_server *server)
{
    char path[FOVEA_CONTROL_PATH_SIZE];
    struct fovea_error error;
    if (fovea_control_path(path, &error) ||
            fovea_http_listen_unix(&server->listeners, path, CONTROL_MODE, true,
                    &error)) {
        fovea_http_log_say(&server->log, "warning", "server",
                "no control socket: %s", error.message);
    }
}

static enum fovea_status
open_listeners(struct fovea_server *server, struct fovea_error *err)
{
    const struct fovea_server_settings *settings = &server->settings;
    struct fovea_http_listeners *listeners = &server->listeners;
    int n = 0;
    int first = fovea_http_notify_listeners(&n);
    enum fovea_status status = FOVEA_OK;
    if (n > 0) {
        status = fovea_http_listen_inherited(listeners, first, n, err);
    } else {
        if (settings->host) {
            status = fovea_http_listen_tcp(listeners, settings->host,
                    settings->port, err);
        }
        if (!status && settings->unix_path) {
            status = fovea_http_listen_unix(listeners, settings->unix_path,
                    UNIX_MODE, false, err);
        }
    }
    for (unsigned i = 0; !status && i < listeners->n; i++) {
        if (listeners->all[i].is_public && !server->needs_key &&
                !settings->no_auth) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "%s can be reached from other machines, and no key is "
                    "asked for: give --api-key-file, or --no-auth if that is "
                    "meant",
                    listeners->all[i].name);
        }
    }
    if (!status) {
        open_control(server);
    }
    return status;
}

static void
say_where(struct fovea_server *server)
{
    for (unsigned i = 0; i < server->listeners.n; i++) {
        const struct fovea_http_listener *listener = &server->listeners.all[i];
        if (!listener->is_control) {
            fovea_http_log_say(&server->log, "info", "server",
                    "listening on %s", listener->name);
        }
    }
}

static enum fovea_status
open_library(struct fovea_server *server, struct fovea_error *err)
{
    struct fovea_options *options = &server->settings.library;
    options->on_event = log_event;
    options->event_context = server;
    options->drain_ns = -1; /* the server has drained before */
    return fovea_open(options, &server->library, err);
}

void
fovea_server_signals(sigset_t *signals_out)
{
    (void)sigemptyset(signals_out);
    (void)sigaddset(signals_out, SIGINT);
    (void)sigaddset(signals_out, SIGTERM);
    (void)sigaddset(signals_out, SIGHUP);
}

static enum fovea_status
open_plumbing(struct fovea_server *server, struct fovea_error *err)
{
    sigset_t signals;
    fovea_server_signals(&signals);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN },
            NULL);
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->epoll < 0 || server->wake < 0 ||
            getrandom(&server->id_seed, sizeof server->id_seed, 0) < 0) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "the server's events cannot be opened");
    }
    return FOVEA_OK;
}

static enum fovea_status
start(struct fovea_server *server, struct fovea_error *err)
{
    const struct fovea_server_settings *settings = &server->settings;
    enum fovea_status status = open_plumbing(server, err);
    if (!status) {
        status = fovea_http_keys_read(settings->api_key, settings->api_key_file,
                &server->keys, err);
    }
    server->needs_key = settings->api_key || settings->api_key_file;
    if (!status) {
        status = open_listeners(server, err);
    }
    if (!status) {
        status = open_library(server, err);
    }
    if (!status) {
        status = open_models(server, err);
    }
    if (!status) {
        status = fovea_backroom_open(server, &server->backroom, err);
    }
    return status;
}

static void
close_fd(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

static void
finish(struct fovea_server *server)
{
    fovea_backroom_close(server->backroom);
    fovea_served_close(server);
    fovea_close(server->library);
    fovea_http_log_close(
            &server->log); /* the workers' ends were still logged */
    fovea_http_listeners_close(&server->listeners);
    fovea_http_keys_finish(&server->keys);
    close_fd(server->signals);
    close_fd(server->wake);
    close_fd(server->epoll);
    (void)pthread_mutex_destroy(&server->mu);
    free(server);
}

enum fovea_status
fovea_serve(const struct fovea_server_settings *settings,
        struct fovea_error *err)
{
    struct fovea_server *server = calloc(1, sizeof *server);
    if (!server) {
        return fovea_fail_memory(err, sizeof *server, "the server");
    }
    server->settings = *settings;
    server->epoll = -1;
    server->wake = -1;
    server->signals = -1;
    server->started_ns = fovea_clock_ns();
    server->pid = getpid();
    server->budget.max_bytes = settings->body_memory_bytes;
    fovea_tally_init(&server->tally, server->started_ns);
    (void)pthread_mutex_init(&server->mu, NULL);
    enum fovea_status status = fovea_http_log_open(&server->log,
            settings->log_format, settings->log_file, err);
    if (status) {
        free(server);
        return status;
    }
    status = start(server, err);
    if (!status) {
        say_where(server);
        status = fovea_server_loop(server, err);
    }
    if (!status) {
        fovea_http_log_say(&server->log, "info", "server", "stopped");
    }
    finish(server);
    return status;
}
