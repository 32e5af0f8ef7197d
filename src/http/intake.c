/* What comes in: see intake.h. */
#include "http/intake.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http/connection.h"
#include "http/exchange.h"
#include "http/gate.h"
#include "http/head_check.h"
#include "http/reply.h"
#include "option/limits.h"

/* A client's own id, if a log and a header can carry it. */
static bool
is_good_id(const char *id)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:";
    size_t size = strspn(id, letters);
    return size > 0 && id[size] == '\0' && size < FOVEA_HTTP_ID_SIZE;
}

/* The answer is known before the body is here: drop it as it comes, or, where
   that is too much, answer at once and end the connection. */
static enum MHD_Result
refuse_body(struct fovea_http_exchange *exchange)
{
    exchange->stage = FOVEA_HTTP_STAGE_SWALLOWING;
    return fovea_http_gate_swallows(exchange) ? MHD_YES
                                              : fovea_http_reply(exchange);
}

static enum fovea_status
begin_form(struct fovea_http_exchange *exchange, struct fovea_error *err)
{
    static const char form[] = "multipart/form-data";
    const struct fovea_http_body_policy *body = exchange->route->body;
    const char *type = fovea_http_exchange_header(exchange, "Content-Type");
    return body && body->form && type &&
                    strncasecmp(type, form, sizeof form - 1) == 0
            ? body->form->begin(exchange, &exchange->form, err)
            : FOVEA_OK;
}

/* Make what a body goes through. The gate knows its coding. */
static enum fovea_status
prepare(struct fovea_http_exchange *exchange, struct fovea_error *err)
{
    enum fovea_http_coding coding = FOVEA_HTTP_CODING_IDENTITY;
    const char *value =
            fovea_http_exchange_header(exchange, "Content-Encoding");
    enum fovea_status status = FOVEA_OK;
    if (value && exchange->route->body &&
            fovea_http_coding_find(value, &coding) && coding) {
        status = fovea_http_inflate_create(coding, &exchange->inflate, err);
    }
    return status ? status : begin_form(exchange, err);
}

enum MHD_Result
fovea_http_intake_head(struct fovea_http_exchange *exchange, const char *url,
        const char *method, const char *version)
{
    (void)snprintf(exchange->method, sizeof exchange->method, "%s", method);
    const char *path = fovea_http_head_path(url);
    (void)snprintf(exchange->path, sizeof exchange->path, "%s", path);
    const char *id = fovea_http_exchange_header(exchange, "X-Request-Id");
    if (id && is_good_id(id)) {
        (void)snprintf(exchange->id, sizeof exchange->id, "%s", id);
    }
    fovea_http_route_simplify(path, exchange->target);
    exchange->route = fovea_http_route_find(&exchange->http->settings.routes,
            exchange->target, exchange->method);
    fovea_http_connection_enter(exchange->connection, FOVEA_HTTP_PHASE_BODY);
    if (!fovea_http_head_check(exchange, url, method, version) ||
            !fovea_http_gate_check(exchange)) {
        return refuse_body(exchange);
    }
    exchange->stage = FOVEA_HTTP_STAGE_RECEIVING;
    struct fovea_error error;
    if (prepare(exchange, &error)) {
        fovea_http_answer_fail(&exchange->answer, error.code, "", "%s",
                error.message);
        return refuse_body(exchange);
    }
    return MHD_YES;
}

/* Only what a handler wants is kept. */
static enum fovea_status
keep_plain(struct fovea_http_exchange *exchange, const char *data, size_t size,
        struct fovea_error *err)
{
    const struct fovea_http_body_policy *body = exchange->route->body;
    if (exchange->form) {
        return body->form->add(exchange->form, data, size, err);
    }
    return body
            ? fovea_http_body_add(&exchange->body, &exchange->http->budget,
                      data, size,
                      exchange->inflate ? 0 : exchange->announced_bytes, err)
            : FOVEA_OK;
}

static enum fovea_status
too_large(const struct fovea_http_exchange *exchange, const char *how,
        struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_BODY_TOO_LARGE,
            "the request has more bytes%s than the limit of %" PRIu64 " %s",
            how, exchange->http->settings.max_body_bytes,
            fovea_limit_by(FOVEA_OPTION_BODY));
}

static bool
is_too_packed(const struct fovea_http_exchange *exchange)
{
    return exchange->unpacked_bytes > FOVEA_HTTP_INFLATE_FREE_BYTES &&
            (exchange->unpacked_bytes - FOVEA_HTTP_INFLATE_FREE_BYTES) /
                    exchange->http->settings.max_body_ratio >=
            exchange->received_bytes;
}

static enum fovea_status
keep_unpacked(void *context, const char *data, size_t size,
        struct fovea_error *err)
{
    struct fovea_http_exchange *exchange = context;
    exchange->unpacked_bytes += size;
    if (exchange->unpacked_bytes > exchange->http->settings.max_body_bytes) {
        return too_large(exchange, ", unpacked,", err);
    }
    if (is_too_packed(exchange)) {
        return fovea_fail(err, FOVEA_ERR_BODY_TOO_LARGE,
                "the request unpacks to more than %u times its size; send it "
                "without Content-Encoding %s",
                exchange->http->settings.max_body_ratio,
                fovea_limit_by(FOVEA_OPTION_BODY_RATIO));
    }
    return keep_plain(exchange, data, size, err);
}

static enum fovea_status
keep(struct fovea_http_exchange *exchange, const char *data, size_t size,
        struct fovea_error *err)
{
    if (exchange->received_bytes > exchange->http->settings.max_body_bytes) {
        return too_large(exchange, "", err);
    }
    return exchange->inflate ? fovea_http_inflate_add(exchange->inflate, data,
                                       size, keep_unpacked, exchange, err)
                             : keep_plain(exchange, data, size, err);
}

enum MHD_Result
fovea_http_intake_body(struct fovea_http_exchange *exchange, const char *data,
        size_t size)
{
    struct fovea_error error;
    exchange->received_bytes += size;
    if (exchange->stage == FOVEA_HTTP_STAGE_RECEIVING &&
            keep(exchange, data, size, &error)) {
        fovea_http_answer_fail(&exchange->answer, error.code, "", "%s",
                error.message);
        exchange->stage = FOVEA_HTTP_STAGE_SWALLOWING;
        fovea_http_exchange_forget_input(exchange);
    }
    if (exchange->stage == FOVEA_HTTP_STAGE_SWALLOWING &&
            !fovea_http_gate_swallows(exchange)) {
        fovea_http_connection_hang_up(exchange->connection);
        return MHD_NO;
    }
    return MHD_YES;
}

/* All of the request is here. */
void
fovea_http_intake_end(struct fovea_http_exchange *exchange)
{
    struct fovea_error error;
    if (exchange->inflate &&
            fovea_http_inflate_end(exchange->inflate, &error)) {
        fovea_http_answer_fail(&exchange->answer, error.code, "", "%s",
                error.message);
    } else {
        exchange->route->handle(exchange);
    }
}
