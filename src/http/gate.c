/*
 * Who may ask: host, origin, key, method, type and size of what comes, checked
 * on a request's head, before its body.
 *
 * A page in somebody's browser can make it ask a server on this machine. Two
 * things keep such pages out where no key does: a request with an Origin that
 * is not our own is refused, and so is one for a host name that could be
 * anybody's (a name that was made to lead here, DNS rebinding).
 */
#include "http/gate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "http/exchange.h"
#include "option/limits.h"

enum {
    HTTP_NO_CONTENT = 204,
    /* A body that is refused is read and dropped up to so many times the limit,
       so that the client comes to read why; beyond, the connection ends. */
    SWALLOW_FACTOR = 4,
};

static bool
begins_with(const char *text, const char *word)
{
    return strncasecmp(text, word, strlen(word)) == 0;
}

/* A host without its port, lower case or not: an address, or localhost. */
static bool
is_own_host(const char *host, size_t size)
{
    static const char local[] = "localhost";
    const size_t len = sizeof local - 1;
    if (size >= len && strncasecmp(host + size - len, local, len) == 0 &&
            (size == len || host[size - len - 1] == '.')) {
        return true;
    }
    return size > 0 && (host[0] == '[' || strspn(host, "0123456789.") >= size);
}

static size_t
host_size(const char *host)
{
    const char *end = host[0] == '[' ? strchr(host, ']') : NULL;
    return end ? (size_t)(end - host) + 1 : strcspn(host, ":");
}

static bool
host_is_fine(const struct fovea_http_exchange *exchange)
{
    const struct fovea_http *http = exchange->http;
    const char *allowed = http->settings.allowed_host;
    const char *host = fovea_http_exchange_header(exchange, "Host");
    if (http->needs_key || http->settings.no_auth || !host ||
            strcmp(exchange->connection->peer, "unix") == 0) {
        return true;
    }
    size_t size = host_size(host);
    return is_own_host(host, size) ||
            (allowed && strlen(allowed) == size &&
                    strncasecmp(host, allowed, size) == 0);
}

static bool
is_allowed_origin(const struct fovea_http *http, const char *origin)
{
    const char *allowed = http->settings.cors_origin;
    return allowed &&
            (strcmp(allowed, "*") == 0 || strcasecmp(allowed, origin) == 0);
}

static bool
origin_is_fine(const struct fovea_http_exchange *exchange)
{
    const char *origin = fovea_http_exchange_header(exchange, "Origin");
    const char *host = fovea_http_exchange_header(exchange, "Host");
    if (!origin || is_allowed_origin(exchange->http, origin)) {
        return true;
    }
    const char *scheme_end = strstr(origin, "://");
    return host && scheme_end && strcasecmp(scheme_end + 3, host) == 0;
}

static enum fovea_http_right
right_of(const struct fovea_http_exchange *exchange)
{
    static const char scheme[] = "Bearer ";
    const struct fovea_http_keys *keys = &exchange->http->keys;
    const char *key = fovea_http_exchange_header(exchange, "Authorization");
    if (key && begins_with(key, scheme)) {
        key += sizeof scheme - 1;
        key += strspn(key, " ");
    } else {
        key = fovea_http_exchange_header(exchange, "X-API-Key");
    }
    return key ? fovea_http_keys_right(keys, key, strlen(key))
               : FOVEA_HTTP_RIGHT_NONE;
}

static bool
is_preflight(const struct fovea_http_exchange *exchange)
{
    const char *origin = fovea_http_exchange_header(exchange, "Origin");
    return strcmp(exchange->method, MHD_HTTP_METHOD_OPTIONS) == 0 && origin &&
            is_allowed_origin(exchange->http, origin);
}

/* Whether a content type, less its parameters, is one of these. */
static bool
is_type(const char *type, const char *const *types)
{
    for (; *types; types++) {
        size_t size = strlen(*types);
        if (begins_with(type, *types) &&
                ((*types)[size - 1] == '/' || strchr("; \t", type[size]))) {
            return true;
        }
    }
    return false;
}

static bool
type_is_fine(struct fovea_http_exchange *exchange)
{
    const struct fovea_http_body_policy *body = exchange->route->body;
    const char *type = fovea_http_exchange_header(exchange, "Content-Type");
    if (!body || !type || is_type(type, body->types)) {
        return true;
    }
    fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_CONTENT_TYPE, "",
            "Content-Type is \"%.80s\"; this path takes %s", type,
            body->expected);
    return false;
}

/* How a body is packed. */
static enum MHD_Result
count_codings(void *context, enum MHD_ValueKind kind, const char *name,
        const char *value)
{
    (void)kind;
    (void)value;
    unsigned *n = context;
    *n += strcasecmp(name, "Content-Encoding") == 0;
    return MHD_YES;
}

static bool
coding_is_fine(struct fovea_http_exchange *exchange)
{
    unsigned n = 0;
    enum fovea_http_coding coding;
    const char *value =
            fovea_http_exchange_header(exchange, "Content-Encoding");
    (void)MHD_get_connection_values(exchange->connection->mhd, MHD_HEADER_KIND,
            count_codings, &n);
    if (!value || !exchange->route->body ||
            (n == 1 && fovea_http_coding_find(value, &coding))) {
        return true;
    }
    fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_CONTENT_ENCODING, "",
            "Content-Encoding is \"%.80s\"%s; bodies are taken as they are, or "
            "packed once, with gzip or deflate",
            value, n > 1 ? " and others" : "");
    return false;
}

static bool
size_is_fine(struct fovea_http_exchange *exchange)
{
    uint64_t most = exchange->http->settings.max_body_bytes;
    const char *length = fovea_http_exchange_header(exchange, "Content-Length");
    if (length && !fovea_number_parse(length, &exchange->announced_bytes)) {
        exchange->announced_bytes = UINT64_MAX;
    }
    if (exchange->announced_bytes <= most) {
        return true;
    }
    fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_BODY_TOO_LARGE, "",
            "the request has %.20s bytes; the limit is %" PRIu64 " %s", length,
            most, fovea_limit_by(FOVEA_OPTION_BODY));
    return false;
}

static bool
is_for_us(struct fovea_http_exchange *exchange)
{
    struct fovea_http_answer *answer = &exchange->answer;
    if (!host_is_fine(exchange)) {
        fovea_http_answer_fail(answer, FOVEA_ERR_ORIGIN, "",
                "requests for the host \"%.80s\" are not answered without a "
                "key; see --allow-host",
                fovea_http_exchange_header(exchange, "Host"));
        return false;
    }
    if (!origin_is_fine(exchange)) {
        fovea_http_answer_fail(answer, FOVEA_ERR_ORIGIN, "",
                "pages of \"%.80s\" may not ask; see --cors-origin",
                fovea_http_exchange_header(exchange, "Origin"));
        return false;
    }
    return true;
}

static bool
may_ask(struct fovea_http_exchange *exchange)
{
    unsigned traits = exchange->route ? exchange->route->traits : 0;
    if (!exchange->http->needs_key || exchange->connection->is_control ||
            (traits & FOVEA_HTTP_OPEN)) {
        return true;
    }
    enum fovea_http_right right = right_of(exchange);
    if (right == FOVEA_HTTP_RIGHT_WRITE ||
            (right == FOVEA_HTTP_RIGHT_READ && !(traits & FOVEA_HTTP_WRITE))) {
        return true;
    }
    if (right == FOVEA_HTTP_RIGHT_READ) {
        fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_INDEX_READ_ONLY, "",
                "this key may read and not write: in --api-key-file it has no "
                "\"%s\" behind it",
                FOVEA_HTTP_WRITER);
        return false;
    }
    fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_UNAUTHORIZED, "",
            "%s; send \"Authorization: Bearer KEY\"",
            fovea_http_exchange_header(exchange, "Authorization") ||
                            fovea_http_exchange_header(exchange, "X-API-Key")
                    ? "this key is not one of the server's"
                    : "the server asks for a key");
    return false;
}

static bool
route_is_fine(struct fovea_http_exchange *exchange)
{
    struct fovea_http_answer *answer = &exchange->answer;
    const struct fovea_http_route *route = exchange->route;
    if (!route) {
        fovea_http_answer_fail(answer, FOVEA_ERR_NO_ROUTE, "",
                "nothing is at %.120s; %s lists what there is", exchange->path,
                exchange->http->settings.routes.listed_at);
        return false;
    }
    answer->allow = fovea_http_route_allow(&exchange->http->settings.routes,
            exchange->target);
    if (strcmp(exchange->method, MHD_HTTP_METHOD_OPTIONS) == 0) {
        answer->http = HTTP_NO_CONTENT;
        return false;
    }
    if (!fovea_http_route_takes(route, exchange->method)) {
        fovea_http_answer_fail(answer, FOVEA_ERR_METHOD, "",
                "%s is not a method of %.120s", exchange->method,
                exchange->path);
        return false;
    }
    answer->allow = NULL;
    if ((route->traits & FOVEA_HTTP_WORK) && exchange->http->is_draining) {
        fovea_http_answer_fail(answer, FOVEA_ERR_SHUTTING_DOWN, "",
                "the server is shutting down");
        return false;
    }
    return true;
}

bool
fovea_http_gate_check(struct fovea_http_exchange *exchange)
{
    if (!is_for_us(exchange)) {
        return false;
    }
    if (is_preflight(exchange)) {
        exchange->answer.http = HTTP_NO_CONTENT;
        return false;
    }
    return may_ask(exchange) && route_is_fine(exchange) &&
            type_is_fine(exchange) && coding_is_fine(exchange) &&
            size_is_fine(exchange);
}

bool
fovea_http_gate_swallows(const struct fovea_http_exchange *exchange)
{
    uint64_t most = exchange->http->settings.max_body_bytes;
    uint64_t bytes = exchange->announced_bytes > exchange->received_bytes
            ? exchange->announced_bytes
            : exchange->received_bytes;
    bool asks_first = exchange->received_bytes == 0 &&
            fovea_http_exchange_header(exchange, "Expect");
    return bytes / SWALLOW_FACTOR <= most && !asks_first && !exchange->is_last;
}

void
fovea_http_gate_add_cors(const struct fovea_http_exchange *exchange,
        struct MHD_Response *response)
{
    const char *origin = fovea_http_exchange_header(exchange, "Origin");
    if (!origin || !is_allowed_origin(exchange->http, origin)) {
        return;
    }
    (void)MHD_add_response_header(response, "Access-Control-Allow-Origin",
            origin);
    (void)MHD_add_response_header(response, "Vary", "Origin");
    (void)MHD_add_response_header(response, "Access-Control-Expose-Headers",
            "X-Request-Id, Retry-After, Retry-After-Ms, X-Should-Retry");
    if (is_preflight(exchange)) {
        (void)MHD_add_response_header(response, "Access-Control-Allow-Methods",
                "GET, POST, DELETE");
        (void)MHD_add_response_header(response, "Access-Control-Allow-Headers",
                "Authorization, Content-Encoding, Content-Type, X-API-Key, "
                "X-Request-Id");
        (void)MHD_add_response_header(response, "Access-Control-Max-Age",
                "600");
    }
}
