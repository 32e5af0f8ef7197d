/* An answer goes out: headers that every answer has, and its body. */
#include "http/reply.h"

#include <stdio.h>
#include <string.h>

#include "http/connection.h"
#include "http/exchange.h"
#include "http/gate.h"

enum {
    HTTP_OK = 200,
    HTTP_NOT_MODIFIED = 304,
    HTTP_BAD_REQUEST = 400,
    HTTP_UNAUTHORIZED = 401,
};

static void
add(struct MHD_Response *response, const char *name, const char *value)
{
    /* Without memory an answer goes without one of its headers. */
    (void)MHD_add_response_header(response, name, value);
}

static struct MHD_Response *
make_response(struct fovea_http_exchange *exchange)
{
    struct fovea_http_answer *answer = &exchange->answer;
    const struct fovea_http_file *file = answer->file;
    static char nothing[1];
    if (file && answer->http == HTTP_OK) {
        exchange->sent_bytes = file->size;
        return MHD_create_response_from_buffer(file->size, file->bytes,
                MHD_RESPMEM_PERSISTENT);
    }
    struct fovea_text *text = &answer->text;
    if (answer->http == HTTP_NOT_MODIFIED) {
        fovea_text_clear(text);
    }
    exchange->sent_bytes = text->size;
    if (text->size == 0) {
        return MHD_create_response_from_buffer(0, nothing,
                MHD_RESPMEM_PERSISTENT);
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(text->size,
            text->data, MHD_RESPMEM_MUST_FREE);
    if (response) {
        *text = (struct fovea_text){ 0 }; /* it is the response's now */
    }
    return response;
}

/* "": it is not for keeping. */
static const char *
etag_of(const struct fovea_http_answer *answer)
{
    return answer->file ? answer->file->etag : answer->etag;
}

static void
add_headers(const struct fovea_http_exchange *exchange,
        struct MHD_Response *response)
{
    const struct fovea_http_answer *answer = &exchange->answer;
    add(response, "X-Request-Id", exchange->id);
    add(response, "X-Content-Type-Options", "nosniff");
    add(response, "Referrer-Policy", "no-referrer");
    const char *etag = etag_of(answer);
    const char *type = answer->file ? answer->file->type : answer->type;
    add(response, "Content-Type", type ? type : "application/json");
    if (etag[0]) {
        add(response, "ETag", etag);
        for (const struct fovea_http_header *more = answer->headers; more->name;
                more++) {
            add(response, more->name, more->value);
        }
    } else {
        add(response, "Cache-Control", "no-store");
    }
    if (answer->allow) {
        add(response, "Allow", answer->allow);
    }
    if (answer->code == FOVEA_ERR_CONTENT_ENCODING) {
        add(response, "Accept-Encoding", FOVEA_HTTP_CODINGS);
    }
    if (answer->http == HTTP_UNAUTHORIZED) {
        add(response, "WWW-Authenticate", "Bearer");
    }
    if (answer->http >= HTTP_BAD_REQUEST) {
        add(response, "X-Should-Retry", fovea_http_answer_retries(answer));
    }
    if (answer->retry_after_s > 0) {
        char number[16];
        (void)snprintf(number, sizeof number, "%u", answer->retry_after_s);
        add(response, "Retry-After", number);
        (void)snprintf(number, sizeof number, "%u000", answer->retry_after_s);
        add(response, "Retry-After-Ms", number);
    }
    if (exchange->http->is_draining || exchange->is_last) {
        add(response, "Connection", "close");
    }
    fovea_http_gate_add_cors(exchange, response);
}

enum MHD_Result
fovea_http_reply(struct fovea_http_exchange *exchange)
{
    struct fovea_http_answer *answer = &exchange->answer;
    if (exchange->is_gone) {
        return MHD_NO;
    }
    const char *etag = etag_of(answer);
    if (etag[0] && fovea_http_exchange_knows(exchange, etag)) {
        answer->http = HTTP_NOT_MODIFIED;
    }
    exchange->stage = FOVEA_HTTP_STAGE_ANSWERED;
    fovea_http_connection_enter(exchange->connection, FOVEA_HTTP_PHASE_ANSWER);
    struct MHD_Response *response = make_response(exchange);
    if (!response) {
        return MHD_NO;
    }
    add_headers(exchange, response);
    enum MHD_Result result = MHD_queue_response(exchange->connection->mhd,
            answer->http, response);
    MHD_destroy_response(response);
    return result;
}
