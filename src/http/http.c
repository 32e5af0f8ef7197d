/* What libmicrohttpd calls, on the loop's thread, and a server's start and end:
   see http.h. */
#include "http/http.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>

#include "base/error.h"
#include "http/connection.h"
#include "http/drain.h"
#include "http/exchange.h"
#include "http/head_check.h"
#include "http/http_loop.h"
#include "http/intake.h"
#include "http/notify.h"
#include "http/reply.h"

enum {
    HTTP_BAD_REQUEST = 400,
    HTTP_CLIENT_GONE = 499, /* nobody was there to be answered; as nginx counts
                               it */
    UNIX_MODE = 0660,       /* owner and group */
    CONTROL_MODE = 0600,
    KEEP_ALIVE_SLACK_S = 5,
    CONNECTION_MEMORY = 128 << 10, /* head, and pieces of a body */
};

/* A connection begins or ends. */
static void
connection_changed(void *context, struct MHD_Connection *mhd,
        void **socket_context, enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = fovea_http_connection_begin(context, mhd);
    } else if (*socket_context) {
        fovea_http_connection_end(*socket_context);
        *socket_context = NULL;
    }
}

static void
make_id(struct fovea_http_exchange *exchange)
{
    struct fovea_http *http = exchange->http;
    (void)snprintf(exchange->id, sizeof exchange->id,
            "fovea-%08" PRIx64 "-%" PRIu64, http->id_seed & UINT32_MAX,
            ++http->last_id);
}

/* The first line of a request is here. Returns what comes as `slot`. */
static void *
begin_exchange(void *context, const char *uri, struct MHD_Connection *mhd)
{
    struct fovea_http *http = context;
    const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct fovea_http_connection *connection =
            info ? info->socket_context : NULL;
    struct fovea_http_exchange *exchange =
            connection ? calloc(1, sizeof *exchange) : NULL;
    if (!exchange) {
        return NULL;
    }
    exchange->http = http;
    exchange->context = http->settings.context;
    exchange->connection = connection;
    exchange->is_control = connection->is_control;
    exchange->started_ns = fovea_clock_ns();
    exchange->uri_end = uri + strlen(uri);
    exchange->flaw = fovea_http_head_target_flaw(uri);
    (void)snprintf(exchange->path, sizeof exchange->path, "%.*s",
            (int)strcspn(uri, "?"), uri);
    make_id(exchange);
    connection->exchange = exchange;
    return exchange;
}

/* First when the head is here, then with pieces of the body, then when all of
   it is, and once more after an exchange was resumed. */
static enum MHD_Result
/* Arguments of libmicrohttpd's. NOLINTNEXTLINE(readability-function-size) */
go_on(void *context, struct MHD_Connection *mhd, const char *url,
        const char *method, const char *version, const char *data, size_t *size,
        void **slot)
{
    (void)context;
    (void)mhd;
    struct fovea_http_exchange *exchange = *slot;
    if (!exchange) {
        return MHD_NO; /* no memory for it */
    }
    if (exchange->stage == FOVEA_HTTP_STAGE_NEW) {
        return fovea_http_intake_head(exchange, url, method, version);
    }
    if (*size > 0) {
        size_t n = *size;
        *size = 0;
        return fovea_http_intake_body(exchange, data, n);
    }
    if (exchange->stage == FOVEA_HTTP_STAGE_RECEIVING) {
        fovea_http_connection_enter(exchange->connection,
                FOVEA_HTTP_PHASE_WORK);
        fovea_http_intake_end(exchange);
        if (exchange->stage == FOVEA_HTTP_STAGE_WORKING) {
            return MHD_YES;
        }
    }
    return fovea_http_reply(exchange);
}

static void
write_log(struct fovea_http_exchange *exchange, int64_t time_ns)
{
    struct fovea_http *http = exchange->http;
    const struct fovea_http_answer *answer = &exchange->answer;
    struct fovea_http_log_line line;
    bool is_probe = exchange->route &&
            (exchange->route->traits & FOVEA_HTTP_PROBE) &&
            answer->code == FOVEA_OK;
    if (http->settings.log_quiet || (is_probe && !http->settings.log_verbose)) {
        return;
    }
    fovea_http_log_begin(&http->log, "info", "request", &line);
    fovea_http_log_string(&line, "id", exchange->id);
    fovea_http_log_string(&line, "peer", exchange->connection->peer);
    fovea_http_log_string(&line, "method", exchange->method);
    fovea_http_log_string(&line, "path", exchange->path);
    fovea_http_log_number(&line, "status", answer->http);
    if (answer->code) {
        fovea_http_log_string(&line, "code", fovea_status_name(answer->code));
    }
    if (exchange->work) {
        exchange->work->log(exchange->work, &line);
    }
    fovea_http_log_number(&line, "in", (int64_t)exchange->received_bytes);
    fovea_http_log_number(&line, "out", (int64_t)exchange->sent_bytes);
    fovea_http_log_time(&line, "ms", time_ns);
    fovea_http_log_end(&http->log, &line);
}

/* The answer is out, or will not be. */
static void
end_exchange(void *context, struct MHD_Connection *mhd, void **slot,
        enum MHD_RequestTerminationCode code)
{
    (void)mhd;
    struct fovea_http *http = context;
    struct fovea_http_exchange *exchange = *slot;
    if (!exchange) {
        return;
    }
    if (exchange->is_gone) {
        exchange->answer.http = HTTP_CLIENT_GONE;
    } else if (exchange->answer.http == 0 &&
            (code == MHD_REQUEST_TERMINATED_CLIENT_ABORT ||
                    code == MHD_REQUEST_TERMINATED_READ_ERROR)) {
        /* Whoever only stopped sending can still read why. */
        fovea_http_connection_cut_short(exchange->connection);
    } else if (exchange->answer.http == 0) {
        exchange->answer.http = HTTP_BAD_REQUEST; /* libmicrohttpd said so */
    }
    int64_t time_ns = fovea_clock_ns() - exchange->started_ns;
    write_log(exchange, time_ns);
    fovea_http_counters_add(&http->counters, exchange->route,
            exchange->answer.http, time_ns);
    exchange->connection->exchange = NULL;
    fovea_http_connection_enter(exchange->connection, FOVEA_HTTP_PHASE_HEAD);
    if (exchange->work) {
        exchange->work->destroy(exchange->work);
    }
    fovea_http_exchange_forget_input(exchange);
    fovea_http_answer_finish(&exchange->answer);
    free(exchange);
    *slot = NULL;
}

static void log_daemon(void *context, const char *format, va_list arguments)
        FOVEA_PRINTF(2, 0);

static void
log_daemon(void *context, const char *format, va_list arguments)
{
    struct fovea_http *http = context;
    char message[256];
    int size = vsnprintf(message, sizeof message, format, arguments);
    if (size > 0 && http->settings.log_verbose) {
        size_t end = strcspn(message, "\n");
        message[end] = '\0';
        fovea_http_log_say(&http->log, "info", "http", "%s", message);
    }
}

static enum fovea_status
open_daemon(struct fovea_http *http, struct fovea_error *err)
{
    const struct fovea_http_settings *settings = &http->settings;
    int64_t longest_ns = settings->keep_alive_ns > settings->body_ns
            ? settings->keep_alive_ns
            : settings->body_ns;
    int64_t idle_s = longest_ns / FOVEA_NS_PER_S;
    idle_s = idle_s < UINT16_MAX ? idle_s + KEEP_ALIVE_SLACK_S : 0;
    http->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
                    MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG,
            0, NULL, NULL, go_on, http, MHD_OPTION_EXTERNAL_LOGGER, log_daemon,
            http, MHD_OPTION_CONNECTION_LIMIT,
            settings->max_connections + FOVEA_HTTP_CONTROL_RESERVE,
            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)idle_s,
            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
            MHD_OPTION_NOTIFY_CONNECTION, connection_changed, http,
            MHD_OPTION_URI_LOG_CALLBACK, begin_exchange, http,
            MHD_OPTION_NOTIFY_COMPLETED, end_exchange, http, MHD_OPTION_END);
    if (!http->daemon || !fovea_http_loop_add_daemon(http)) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY,
                "the HTTP library does not start");
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_http_run(struct fovea_http *http, struct fovea_error *err)
{
    enum fovea_status status = http->settings.leaves_signals
            ? FOVEA_OK
            : fovea_http_drain_open(http, err);
    if (!status) {
        status = fovea_http_loop_open(http, err);
    }
    if (!status) {
        status = open_daemon(http, err);
    }
    if (!status) {
        if (!http->settings.leaves_signals) {
            fovea_http_notify("READY=1\nSTATUS=serving");
        }
        fovea_http_loop_run(http);
    }
    if (http->daemon) {
        MHD_stop_daemon(http->daemon);
        http->daemon = NULL;
    }
    return status;
}

static enum fovea_status
listen_at(struct fovea_http *http, struct fovea_error *err)
{
    const struct fovea_http_settings *settings = &http->settings;
    struct fovea_http_listeners *listeners = &http->listeners;
    int n = 0;
    int first = fovea_http_notify_listeners(&n);
    enum fovea_status status = FOVEA_OK;
    if (n > 0) {
        return fovea_http_listen_inherited(listeners, first, n, err);
    }
    if (settings->host) {
        status = fovea_http_listen_tcp(listeners, settings->host,
                settings->port, err);
    }
    if (!status && settings->unix_path) {
        status = fovea_http_listen_unix(listeners, settings->unix_path,
                UNIX_MODE, false, err);
    }
    return status;
}

static enum fovea_status
check_public(const struct fovea_http *http, struct fovea_error *err)
{
    const struct fovea_http_listeners *listeners = &http->listeners;
    bool is_fine = http->needs_key || http->settings.no_auth;
    for (unsigned i = 0; !is_fine && i < listeners->n; i++) {
        if (listeners->all[i].is_public) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "%s can be reached from other machines, and no key is "
                    "asked for: give --api-key-file, or --no-auth if that is "
                    "meant",
                    listeners->all[i].name);
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
open_events(struct fovea_http *http, struct fovea_error *err)
{
    fovea_http_drain_ignore_pipes();
    if (!http->settings.leaves_signals) {
        fovea_http_drain_block_signals();
    }
    enum fovea_status status =
            fovea_http_completions_open(&http->completions, err);
    http->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!status &&
            (http->epoll < 0 ||
                    getrandom(&http->id_seed, sizeof http->id_seed, 0) < 0)) {
        status = fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "the server's events cannot be opened");
    }
    return status;
}

static enum fovea_status
start(struct fovea_http *http, struct fovea_error *err)
{
    const struct fovea_http_settings *settings = &http->settings;
    enum fovea_status status = open_events(http, err);
    if (!status) {
        status = fovea_http_counters_init(&http->counters, &settings->routes,
                err);
    }
    if (!status) {
        status = fovea_http_keys_read(settings->api_key, settings->api_key_file,
                &http->keys, err);
    }
    if (!status) {
        status = listen_at(http, err);
    }
    return status ? status : check_public(http, err);
}

enum fovea_status
fovea_http_open(const struct fovea_http_settings *settings,
        struct fovea_http **http_out, struct fovea_error *err)
{
    struct fovea_http *http = calloc(1, sizeof *http);
    if (!http) {
        return fovea_fail_memory(err, sizeof *http, "the server");
    }
    http->settings = *settings;
    http->epoll = -1;
    http->signals = -1;
    http->budget.max_bytes = settings->body_memory_bytes;
    http->needs_key = settings->api_key || settings->api_key_file;
    enum fovea_status status = fovea_http_log_open(&http->log,
            settings->log_format, settings->log_file, err);
    if (status) {
        free(http);
        return status;
    }
    status = start(http, err);
    if (status) {
        fovea_http_close(http);
        return status;
    }
    *http_out = http;
    return FOVEA_OK;
}

enum fovea_status
fovea_http_add_control(struct fovea_http *http, const char *path,
        struct fovea_error *err)
{
    return fovea_http_listen_unix(&http->listeners, path, CONTROL_MODE, true,
            err);
}

static void
close_fd(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

void
fovea_http_close(struct fovea_http *http)
{
    if (!http) {
        return;
    }
    fovea_http_log_close(&http->log);
    fovea_http_listeners_close(&http->listeners);
    fovea_http_keys_finish(&http->keys);
    fovea_http_counters_finish(&http->counters);
    close_fd(http->signals);
    fovea_http_completions_close(&http->completions);
    close_fd(http->epoll);
    free(http);
}

struct fovea_http_log *
fovea_http_log_of(struct fovea_http *http)
{
    return &http->log;
}

void
fovea_http_post(struct fovea_http *http,
        struct fovea_http_completion *completion)
{
    fovea_http_completions_post(&http->completions, completion);
}

void
fovea_http_wake(struct fovea_http *http)
{
    fovea_http_completions_wake(&http->completions);
}

void
fovea_http_stop(struct fovea_http *http)
{
    (void)atomic_fetch_add(&http->n_stops, 1);
    fovea_http_completions_wake(&http->completions);
}

bool
fovea_http_is_draining(const struct fovea_http *http)
{
    return http->is_draining;
}

bool
fovea_http_has_writer(const struct fovea_http *http)
{
    return fovea_http_keys_have_writer(&http->keys);
}

const char *
fovea_http_listener_name(const struct fovea_http *http, unsigned index)
{
    for (unsigned i = 0; i < http->listeners.n; i++) {
        if (!http->listeners.all[i].is_control && index-- == 0) {
            return http->listeners.all[i].name;
        }
    }
    return NULL;
}

void
fovea_http_count(const struct fovea_http *http,
        struct fovea_http_counts *counts_out)
{
    *counts_out = (struct fovea_http_counts){
        .n_connections = http->n_connections,
        .max_connections = http->settings.max_connections,
        .n_working = http->n_working,
        .body_bytes = http->budget.used_bytes,
        .max_body_bytes = http->budget.max_bytes,
    };
}

const struct fovea_http_counters *
fovea_http_counters_of(const struct fovea_http *http)
{
    return &http->counters;
}
