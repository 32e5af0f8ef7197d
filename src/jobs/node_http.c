/* /metrics and /healthz of a node: see node_http.h. */
#include "jobs/node_http.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/exposition.h"
#include "base/number.h"
#include "base/thread.h"
#include "http/exchange.h"
#include "http/http.h"
#include "jobs/node_metrics.h"

enum {
    MAX_CONNECTIONS = 64,
    MAX_HOST = 256,
    HTTP_UNAVAILABLE = 503,
};

struct fovea_node_http {
    char host[MAX_HOST];
    const char *job;
    struct fovea_node_board *board;
    struct fovea_http *http;
    pthread_t thread;
    bool runs;
};

static void
answer_metrics(struct fovea_http_exchange *exchange)
{
    const struct fovea_node_http *self = exchange->context;
    struct fovea_node_report report;
    (void)fovea_node_board_read(self->board, &report, fovea_clock_ns());
    exchange->answer.type = FOVEA_EXPOSITION_TYPE;
    fovea_node_metrics_write(&report, self->job, &exchange->answer.text);
    fovea_http_answer_done(&exchange->answer);
}

/* Whether the node is to be left alone, for whoever would end and start it again. */
static void
answer_health(struct fovea_http_exchange *exchange)
{
    const struct fovea_node_http *self = exchange->context;
    struct fovea_http_answer *answer = &exchange->answer;
    struct fovea_node_report report;
    bool is_well =
            fovea_node_board_read(self->board, &report, fovea_clock_ns());
    fovea_text_format(&answer->text,
            "{\"status\":\"%s\",\"node\":", is_well ? "well" : "hangs");
    fovea_node_report_write(&report, &answer->text);
    fovea_text_format(&answer->text, "}");
    fovea_http_answer_done(answer);
    if (!is_well) {
        answer->http = HTTP_UNAVAILABLE;
    }
}

static const struct fovea_http_route routes[] = {
    { .method = "GET",
            .paths = { "/metrics" },
            .name = "/metrics",
            .handle = answer_metrics,
            .traits = FOVEA_HTTP_OPEN | FOVEA_HTTP_PROBE },
    { .method = "GET",
            .paths = { "/healthz" },
            .name = "/healthz",
            .handle = answer_health,
            .traits = FOVEA_HTTP_OPEN | FOVEA_HTTP_PROBE },
};

static enum fovea_status
split(const char *address, char host_out[MAX_HOST], uint16_t *port_out,
        struct fovea_error *err)
{
    const char *colon = strrchr(address, ':');
    uint64_t port = 0;
    size_t size = colon ? (size_t)(colon - address) : 0;
    bool is_bracketed = size > 2 && address[0] == '[' && colon[-1] == ']';
    const char *host = is_bracketed ? address + 1 : address;
    size -= is_bracketed ? 2 : 0;
    if (size == 0 || size >= MAX_HOST ||
            (!is_bracketed && memchr(host, ':', size)) ||
            !fovea_number_parse(colon + 1, &port) || port > UINT16_MAX) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--metrics is \"%.100s\"; it takes HOST:PORT, as in "
                "127.0.0.1:9464, 0.0.0.0:9464 or [::]:9464",
                address);
    }
    memcpy(host_out, host, size);
    host_out[size] = '\0';
    *port_out = (uint16_t)port;
    return FOVEA_OK;
}

/* Nothing is handed to the loop from elsewhere. */
static void
woken(void *context)
{
    (void)context;
}

static enum fovea_status
listen_at(struct fovea_node_http *self, uint16_t port, struct fovea_error *err)
{
    const struct fovea_http_settings settings = {
        .host = self->host,
        .port = port,
        .no_auth = true,
        .max_body_bytes = 1,
        .max_body_ratio = 1,
        .body_memory_bytes = 1,
        .max_connections = MAX_CONNECTIONS,
        .header_ns = 10 * FOVEA_NS_PER_S,
        .keep_alive_ns = 75 * FOVEA_NS_PER_S,
        .body_ns = 10 * FOVEA_NS_PER_S,
        .drain_ns = FOVEA_NS_PER_S,
        .leaves_signals = true,
        .log_quiet = true,
        .routes = {
            .rows = routes,
            .n = FOVEA_ARRAY_LEN(routes),
            .listed_at = "the manual of fovea work",
        },
        .context = self,
        .woken = woken,
    };
    return fovea_http_open(&settings, &self->http, err);
}

static void *
serve(void *context)
{
    struct fovea_node_http *self = context;
    struct fovea_error error;
    if (fovea_http_run(self->http, &error)) {
        fovea_http_log_say(fovea_http_log_of(self->http), "error", "metrics",
                "%s", error.message);
    }
    return NULL;
}

enum fovea_status
fovea_node_http_open(const char *address, const char *job,
        struct fovea_node_board *board, struct fovea_node_http **http_out,
        struct fovea_error *err)
{
    uint16_t port = 0;
    struct fovea_node_http *self = calloc(1, sizeof *self);
    if (!self) {
        return fovea_fail_memory(err, sizeof *self, "the server of metrics");
    }
    self->job = job;
    self->board = board;
    enum fovea_status status = split(address, self->host, &port, err);
    if (!status) {
        status = listen_at(self, port, err);
    }
    if (!status) {
        int error = fovea_thread_create(&self->thread, serve, self);
        self->runs = error == 0;
        status = error ? fovea_fail_errno(err, FOVEA_ERR_NO_MEMORY, error,
                                 "cannot start a thread")
                       : FOVEA_OK;
    }
    if (status) {
        fovea_node_http_close(self);
        return status;
    }
    *http_out = self;
    return FOVEA_OK;
}

const char *
fovea_node_http_name(const struct fovea_node_http *http)
{
    return fovea_http_listener_name(http->http, 0);
}

void
fovea_node_http_close(struct fovea_node_http *http)
{
    if (!http) {
        return;
    }
    if (http->runs) {
        fovea_http_stop(http->http);
        (void)pthread_join(http->thread, NULL);
    }
    fovea_http_close(http->http);
    free(http);
}
