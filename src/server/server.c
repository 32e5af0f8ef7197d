/* A server's start and end: see server.h. */
#include "server/server.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "server/control.h"
#include "server/desk.h"
#include "server/index.h"
#include "server/internal.h"
#include "server/job.h"
#include "server/queued.h"
#include "server/routes.h"
#include "server/served.h"

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
    if (!is_bad && !server->settings.http.log_verbose &&
            event->kind != FOVEA_EVENT_WORKER_LOG) {
        return;
    }
    fovea_http_log_begin(server->log, is_bad ? "warning" : "info",
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
    fovea_http_log_end(server->log, &line);
}

static enum fovea_status
open_models(struct fovea_server *server, struct fovea_error *err)
{
    const struct fovea_server_settings *settings = &server->settings;
    for (size_t i = 0; i < settings->n_models; i++) {
        enum fovea_status status =
                fovea_served_open(server, settings->models[i], err);
        if (!status && settings->warm) {
            status = fovea_pool_spawn_worker(server->models[i].model, err);
        }
        if (!status && settings->warm && server->models[i].info->has_text) {
            status = fovea_pool_spawn_text_worker(server->models[i].model, err);
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
            fovea_http_add_control(server->http, path, &error)) {
        fovea_http_log_say(server->log, "warning", "server",
                "no control socket: %s", error.message);
    }
}

static void
say_where(const struct fovea_server *server)
{
    const char *name;
    for (unsigned i = 0; (name = fovea_http_listener_name(server->http, i));
            i++) {
        fovea_http_log_say(server->log, "info", "server", "listening on %s",
                name);
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

/* From the background. */
static void
wake(void *context)
{
    const struct fovea_server *server = context;
    fovea_http_wake(server->http);
}

/* Something may be done: on the loop's thread. */
static void
woken(void *context)
{
    struct fovea_server *server = context;
    fovea_background_collect(&server->background);
    fovea_desks_collect(server);
    fovea_server_jobs_go_on(server);
}

static enum fovea_status
open_http(struct fovea_server *server, struct fovea_error *err)
{
    struct fovea_http_settings http = server->settings.http;
    http.routes = fovea_server_routes;
    http.context = server;
    http.woken = woken;
    enum fovea_status status = fovea_http_open(&http, &server->http, err);
    if (!status) {
        server->log = fovea_http_log_of(server->http);
        open_control(server);
    }
    return status;
}

static enum fovea_status
start_background(struct fovea_server *server, struct fovea_error *err)
{
    int error = fovea_background_start(&server->background, 1);
    return error ? fovea_fail_errno(err, FOVEA_ERR_NO_MEMORY, error,
                           "a thread cannot be started")
                 : FOVEA_OK;
}

static enum fovea_status
start(struct fovea_server *server, struct fovea_error *err)
{
    enum fovea_status status = open_http(server, err);
    if (!status) {
        status = open_library(server, err);
    }
    if (!status) {
        status = open_models(server, err);
    }
    if (!status) {
        status = fovea_server_indexes_open(server, err);
    }
    if (!status) {
        status = fovea_queued_open(server, err);
    }
    return status ? status : start_background(server, err);
}

static void
finish(struct fovea_server *server)
{
    fovea_background_finish(&server->background);
    fovea_queued_cancel(server->queued);
    fovea_desks_finish(server);
    fovea_queued_close(server);
    fovea_server_indexes_close(server);
    fovea_served_close(server);
    fovea_close(server->library);
    fovea_http_close(server->http); /* the workers' ends were still logged */
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
    server->started_ns = fovea_clock_ns();
    server->pid = getpid();
    fovea_server_counters_init(&server->counters, server->started_ns);
    fovea_background_init(&server->background, "fovea-back", wake, server);
    fovea_desks_init(server, wake);
    enum fovea_status status = start(server, err);
    if (!status) {
        say_where(server);
        status = fovea_http_run(server->http, err);
    }
    if (!status) {
        fovea_http_log_say(server->log, "info", "server", "stopped");
    }
    finish(server);
    return status;
}
