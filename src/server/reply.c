/* An answer goes out: headers that every answer has, and its body. */
#include <stdio.h>
#include <string.h>

#include "server/inside.h"

enum {
    HTTP_OK = 200,
    HTTP_NOT_MODIFIED = 304,
    HTTP_BAD_REQUEST = 400,
    HTTP_UNAUTHORIZED = 401,
};

struct header {
    const char *name;
    const char *value;
};

/* Of the page: nothing from elsewhere, nothing inline, in nobody's frame. */
static const struct header page_headers[] = {
    { "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; "
            "img-src 'self' blob: data:; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'" },
    { "X-Frame-Options", "DENY" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Permissions-Policy", "camera=(), microphone=(), geolocation=()" },
    { "Cache-Control", "no-cache" }, /* ask whether it changed */
};

static void
add(struct MHD_Response *response, const char *name, const char *value)
{
    /* Without memory an answer goes without one of its headers. */
    (void)MHD_add_response_header(response, name, value);
}

static struct MHD_Response *
make_response(struct fovea_exchange *exchange)
{
    struct fovea_answer *answer = &exchange->answer;
    const struct fovea_asset *asset = answer->asset;
    static char nothing[1];
    if (asset && answer->http == HTTP_OK) {
        exchange->sent_bytes = asset->size;
        return MHD_create_response_from_buffer(asset->size, asset->bytes,
                MHD_RESPMEM_PERSISTENT);
    }
    struct fovea_text *text = &answer->text;
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

static void
add_asset_headers(const struct fovea_asset *asset,
        struct MHD_Response *response)
{
    add(response, "ETag", asset->etag);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(page_headers); i++) {
        add(response, page_headers[i].name, page_headers[i].value);
    }
}

static void
add_headers(const struct fovea_exchange *exchange,
        struct MHD_Response *response)
{
    const struct fovea_answer *answer = &exchange->answer;
    add(response, "X-Request-Id", exchange->id);
    add(response, "X-Content-Type-Options", "nosniff");
    add(response, "Referrer-Policy", "no-referrer");
    if (answer->asset) {
        add(response, "Content-Type", answer->asset->type);
        add_asset_headers(answer->asset, response);
    } else {
        add(response, "Content-Type",
                answer->type ? answer->type : "application/json");
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
        add(response, "X-Should-Retry", fovea_answer_retries(answer));
    }
    if (answer->retry_after_s > 0) {
        char number[16];
        (void)snprintf(number, sizeof number, "%u", answer->retry_after_s);
        add(response, "Retry-After", number);
        (void)snprintf(number, sizeof number, "%u000", answer->retry_after_s);
        add(response, "Retry-After-Ms", number);
    }
    if (exchange->server->is_draining || exchange->is_last) {
        add(response, "Connection", "close");
    }
    fovea_gate_add_cors(exchange, response);
}

enum MHD_Result
fovea_reply(struct fovea_exchange *exchange)
{
    struct fovea_answer *answer = &exchange->answer;
    if (exchange->is_gone) {
        return MHD_NO;
    }
    const char *known = fovea_exchange_header(exchange, "If-None-Match");
    if (answer->asset && known && strstr(known, answer->asset->etag)) {
        answer->http = HTTP_NOT_MODIFIED;
    }
    exchange->stage = FOVEA_STAGE_ANSWERED;
    fovea_connection_enter(exchange->connection, FOVEA_PHASE_ANSWER);
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
