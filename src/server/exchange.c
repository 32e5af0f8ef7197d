/*
 * A request's way: head, body, handler, answer. libmicrohttpd calls in here, on
 * the loop's thread, and gets a call back for whatever it asks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "option/limits.h"
#include "server/inside.h"
#include "server/job.h"
#include "server/upload.h"

enum {
    HTTP_BAD_REQUEST = 400,
    HTTP_CLIENT_GONE = 499, /* nobody was there to be answered; as nginx counts
                               it */
};

/* A client's own id, if a log and a header can carry it. */
static bool
is_good_id(const char *id)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:";
    size_t size = strspn(id, letters);
    return size > 0 && id[size] == '\0' && size < FOVEA_REQUEST_ID_SIZE;
}

static void
make_id(struct fovea_exchange *exchange)
{
    struct fovea_server *server = exchange->server;
    (void)snprintf(exchange->id, sizeof exchange->id,
            "fovea-%08" PRIx64 "-%" PRIu64, server->id_seed & UINT32_MAX,
            ++server->last_id);
}

void *
fovea_exchange_begin(void *context, const char *uri, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct fovea_connection *connection = info ? info->socket_context : NULL;
    struct fovea_exchange *exchange =
            connection ? calloc(1, sizeof *exchange) : NULL;
    if (!exchange) {
        return NULL;
    }
    exchange->server = context;
    exchange->connection = connection;
    exchange->started_ns = fovea_clock_ns();
    exchange->uri_end = uri + strlen(uri);
    exchange->flaw = fovea_head_target_flaw(uri);
    (void)snprintf(exchange->path, sizeof exchange->path, "%.*s",
            (int)strcspn(uri, "?"), uri);
    make_id(exchange);
    connection->exchange = exchange;
    return exchange;
}

const char *
fovea_exchange_header(const struct fovea_exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection->mhd,
            MHD_HEADER_KIND, name);
}

/* The answer is known before the body is here: drop it as it comes, or, where
   that is too much, answer at once and end the connection. */
static enum MHD_Result
refuse_body(struct fovea_exchange *exchange)
{
    exchange->stage = FOVEA_STAGE_SWALLOWING;
    return fovea_gate_swallows(exchange) ? MHD_YES : fovea_reply(exchange);
}

/* Make what a body goes through. The gate knows its coding. */
static enum fovea_status
prepare(struct fovea_exchange *exchange, struct fovea_error *err)
{
    enum fovea_http_coding coding = FOVEA_HTTP_CODING_IDENTITY;
    const char *value = fovea_exchange_header(exchange, "Content-Encoding");
    enum fovea_status status = FOVEA_OK;
    if (value && exchange->route->is_post &&
            fovea_http_coding_find(value, &coding) && coding) {
        status = fovea_http_inflate_create(coding, &exchange->inflate, err);
    }
    if (!status && exchange->route->handle == fovea_handle_upload) {
        status = fovea_upload_begin(exchange, err);
    }
    return status;
}

static enum MHD_Result
take_head(struct fovea_exchange *exchange, const char *url, const char *method,
        const char *version)
{
    (void)snprintf(exchange->method, sizeof exchange->method, "%s", method);
    const char *path = fovea_head_path(url);
    (void)snprintf(exchange->path, sizeof exchange->path, "%s", path);
    const char *id = fovea_exchange_header(exchange, "X-Request-Id");
    if (id && is_good_id(id)) {
        (void)snprintf(exchange->id, sizeof exchange->id, "%s", id);
    }
    fovea_route_simplify(path, exchange->target);
    exchange->route = fovea_route_find(exchange->target);
    fovea_connection_enter(exchange->connection, FOVEA_PHASE_BODY);
    if (!fovea_head_check(exchange, url, method, version) ||
            !fovea_gate_check(exchange)) {
        return refuse_body(exchange);
    }
    exchange->stage = FOVEA_STAGE_RECEIVING;
    struct fovea_error error;
    if (prepare(exchange, &error)) {
        fovea_answer_fail(&exchange->answer, error.code, "", "%s",
                error.message);
        return refuse_body(exchange);
    }
    return MHD_YES;
}

/* Only what a handler wants is kept. */
static enum fovea_status
keep_plain(struct fovea_exchange *exchange, const char *data, size_t size,
        struct fovea_error *err)
{
    if (exchange->upload) {
        return fovea_upload_add(exchange->upload, data, size, err);
    }
    return exchange->route->is_post
            ? fovea_http_body_add(&exchange->body, &exchange->server->budget,
                      data, size,
                      exchange->inflate ? 0 : exchange->announced_bytes, err)
            : FOVEA_OK;
}

static enum fovea_status
too_large(const struct fovea_exchange *exchange, const char *how,
        struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_BODY_TOO_LARGE,
            "the request has more bytes%s than the limit of %" PRIu64 " %s",
            how, exchange->server->settings.max_body_bytes,
            fovea_limit_by(FOVEA_LIMIT_BODY));
}

static bool
is_too_packed(const struct fovea_exchange *exchange)
{
    return exchange->unpacked_bytes > FOVEA_HTTP_INFLATE_FREE_BYTES &&
            (exchange->unpacked_bytes - FOVEA_HTTP_INFLATE_FREE_BYTES) /
                    FOVEA_HTTP_INFLATE_MOST_TIMES >=
            exchange->received_bytes;
}

static enum fovea_status
keep_unpacked(void *context, const char *data, size_t size,
        struct fovea_error *err)
{
    struct fovea_exchange *exchange = context;
    exchange->unpacked_bytes += size;
    if (exchange->unpacked_bytes > exchange->server->settings.max_body_bytes) {
        return too_large(exchange, ", unpacked,", err);
    }
    if (is_too_packed(exchange)) {
        return fovea_fail(err, FOVEA_ERR_BODY_TOO_LARGE,
                "the request unpacks to more than %d times its size; send it "
                "without Content-Encoding",
                FOVEA_HTTP_INFLATE_MOST_TIMES);
    }
    return keep_plain(exchange, data, size, err);
}

static enum fovea_status
keep(struct fovea_exchange *exchange, const char *data, size_t size,
        struct fovea_error *err)
{
    if (exchange->received_bytes > exchange->server->settings.max_body_bytes) {
        return too_large(exchange, "", err);
    }
    return exchange->inflate ? fovea_http_inflate_add(exchange->inflate, data,
                                       size, keep_unpacked, exchange, err)
                             : keep_plain(exchange, data, size, err);
}

void
fovea_exchange_forget_input(struct fovea_exchange *exchange)
{
    fovea_upload_destroy(exchange->upload);
    exchange->upload = NULL;
    fovea_http_inflate_destroy(exchange->inflate);
    exchange->inflate = NULL;
    fovea_http_body_finish(&exchange->body, &exchange->server->budget);
}

void
fovea_exchange_cut_short(struct fovea_exchange *exchange)
{
    fovea_answer_fail(&exchange->answer, FOVEA_ERR_ARGUMENT, "",
            "the request ends before it is complete");
    fovea_connection_hang_up(exchange->connection);
}

static enum MHD_Result
receive(struct fovea_exchange *exchange, const char *data, size_t size)
{
    struct fovea_error error;
    exchange->received_bytes += size;
    if (exchange->stage == FOVEA_STAGE_RECEIVING &&
            keep(exchange, data, size, &error)) {
        fovea_answer_fail(&exchange->answer, error.code, "", "%s",
                error.message);
        exchange->stage = FOVEA_STAGE_SWALLOWING;
        fovea_exchange_forget_input(exchange);
    }
    if (exchange->stage == FOVEA_STAGE_SWALLOWING &&
            !fovea_gate_swallows(exchange)) {
        fovea_connection_hang_up(exchange->connection);
        return MHD_NO;
    }
    return MHD_YES;
}

/* All of the request is here. */
static void
handle(struct fovea_exchange *exchange)
{
    struct fovea_error error;
    if (exchange->inflate &&
            fovea_http_inflate_end(exchange->inflate, &error)) {
        fovea_answer_fail(&exchange->answer, error.code, "", "%s",
                error.message);
    } else {
        exchange->route->handle(exchange);
    }
}

enum MHD_Result
/* Arguments of libmicrohttpd's. NOLINTNEXTLINE(readability-function-size) */
fovea_exchange_go_on(void *context, struct MHD_Connection *mhd, const char *url,
        const char *method, const char *version, const char *data, size_t *size,
        void **slot)
{
    (void)context;
    (void)mhd;
    struct fovea_exchange *exchange = *slot;
    if (!exchange) {
        return MHD_NO; /* no memory for it */
    }
    if (exchange->stage == FOVEA_STAGE_NEW) {
        return take_head(exchange, url, method, version);
    }
    if (*size > 0) {
        size_t n = *size;
        *size = 0;
        return receive(exchange, data, n);
    }
    if (exchange->stage == FOVEA_STAGE_RECEIVING) {
        fovea_connection_enter(exchange->connection, FOVEA_PHASE_WORK);
        handle(exchange);
        if (exchange->stage == FOVEA_STAGE_WORKING) {
            return MHD_YES;
        }
    }
    return fovea_reply(exchange);
}

void
fovea_exchange_suspend(struct fovea_exchange *exchange)
{
    exchange->stage = FOVEA_STAGE_WORKING;
    exchange->server->n_working++;
    MHD_suspend_connection(exchange->connection->mhd);
    if (exchange->connection->is_half_closed) {
        fovea_exchange_lose_client(exchange);
    }
}

void
fovea_exchange_lose_client(struct fovea_exchange *exchange)
{
    exchange->is_gone = true;
    fovea_server_job_cancel(exchange->job, NULL);
}

void
fovea_exchange_resume(struct fovea_exchange *exchange)
{
    FOVEA_ASSERT(exchange->stage == FOVEA_STAGE_WORKING);
    exchange->stage = FOVEA_STAGE_ANSWERED;
    exchange->server->n_working--;
    MHD_resume_connection(exchange->connection->mhd);
}

static void
write_log(struct fovea_exchange *exchange, int64_t time_ns)
{
    struct fovea_server *server = exchange->server;
    const struct fovea_answer *answer = &exchange->answer;
    struct fovea_http_log_line line;
    bool is_probe = exchange->route && exchange->route->is_probe &&
            answer->code == FOVEA_OK;
    if (server->settings.log_quiet ||
            (is_probe && !server->settings.log_verbose)) {
        return;
    }
    fovea_http_log_begin(&server->log, "info", "request", &line);
    fovea_http_log_string(&line, "id", exchange->id);
    fovea_http_log_string(&line, "peer", exchange->connection->peer);
    fovea_http_log_string(&line, "method", exchange->method);
    fovea_http_log_string(&line, "path", exchange->path);
    fovea_http_log_number(&line, "status", answer->http);
    if (answer->code) {
        fovea_http_log_string(&line, "code", fovea_status_name(answer->code));
    }
    if (exchange->n_items > 0) {
        fovea_http_log_number(&line, "images", (int64_t)exchange->n_items);
        fovea_http_log_number(&line, "bad", (int64_t)exchange->n_bad);
    }
    for (unsigned i = 0; i < FOVEA_N_NOTES; i++) {
        if (exchange->n_noted[i] > 0) {
            fovea_http_log_number(&line, fovea_note_name(i),
                    (int64_t)exchange->n_noted[i]);
        }
    }
    fovea_http_log_number(&line, "in", (int64_t)exchange->received_bytes);
    fovea_http_log_number(&line, "out", (int64_t)exchange->sent_bytes);
    fovea_http_log_time(&line, "ms", time_ns);
    fovea_http_log_end(&server->log, &line);
}

void
fovea_exchange_end(void *context, struct MHD_Connection *mhd, void **slot,
        enum MHD_RequestTerminationCode code)
{
    (void)mhd;
    struct fovea_server *server = context;
    struct fovea_exchange *exchange = *slot;
    if (!exchange) {
        return;
    }
    if (exchange->is_gone) {
        exchange->answer.http = HTTP_CLIENT_GONE;
    } else if (exchange->answer.http == 0 &&
            (code == MHD_REQUEST_TERMINATED_CLIENT_ABORT ||
                    code == MHD_REQUEST_TERMINATED_READ_ERROR)) {
        /* Whoever only stopped sending can still read why. */
        fovea_exchange_cut_short(exchange);
    } else if (exchange->answer.http == 0) {
        exchange->answer.http = HTTP_BAD_REQUEST; /* libmicrohttpd said so */
    }
    int64_t time_ns = fovea_clock_ns() - exchange->started_ns;
    write_log(exchange, time_ns);
    fovea_tally_request(&server->tally, fovea_route_index(exchange->route),
            exchange->answer.http, time_ns);
    exchange->connection->exchange = NULL;
    fovea_connection_enter(exchange->connection, FOVEA_PHASE_HEAD);
    fovea_server_job_destroy(exchange->job);
    fovea_exchange_forget_input(exchange);
    fovea_answer_finish(&exchange->answer);
    free(exchange);
    *slot = NULL;
}
