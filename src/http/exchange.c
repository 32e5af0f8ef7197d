/* A request and its answer: see exchange.h. */
#include "http/exchange.h"

#include <string.h>

#include "http/internal.h"

const char *
fovea_http_exchange_header(const struct fovea_http_exchange *exchange,
        const char *name)
{
    return MHD_lookup_connection_value(exchange->connection->mhd,
            MHD_HEADER_KIND, name);
}

const char *
fovea_http_exchange_argument(const struct fovea_http_exchange *exchange,
        const char *name)
{
    return MHD_lookup_connection_value(exchange->connection->mhd,
            MHD_GET_ARGUMENT_KIND, name);
}

void
fovea_http_exchange_variable(const struct fovea_http_exchange *exchange,
        unsigned index, char value_out[FOVEA_HTTP_PATH_SIZE])
{
    size_t size = 0;
    const char *value = fovea_http_route_variable(exchange->route,
            exchange->target, index, &size);
    if (value) {
        memcpy(value_out, value, size);
    }
    value_out[size] = '\0';
}

bool
fovea_http_exchange_knows(const struct fovea_http_exchange *exchange,
        const char *etag)
{
    const char *known = fovea_http_exchange_header(exchange, "If-None-Match");
    return known && strstr(known, etag);
}

struct arguments {
    fovea_http_argument_fn *take;
    void *context;
};

static enum MHD_Result
take_argument(void *context, enum MHD_ValueKind kind, const char *name,
        const char *value)
{
    (void)kind;
    const struct arguments *arguments = context;
    return arguments->take(arguments->context, name, value ? value : "")
            ? MHD_YES
            : MHD_NO;
}

void
fovea_http_exchange_arguments(const struct fovea_http_exchange *exchange,
        fovea_http_argument_fn *take, void *context)
{
    struct arguments arguments = { take, context };
    (void)MHD_get_connection_values(exchange->connection->mhd,
            MHD_GET_ARGUMENT_KIND, take_argument, &arguments);
}

void
fovea_http_exchange_suspend(struct fovea_http_exchange *exchange)
{
    exchange->stage = FOVEA_HTTP_STAGE_WORKING;
    exchange->http->n_working++;
    MHD_suspend_connection(exchange->connection->mhd);
    if (exchange->connection->is_half_closed) {
        fovea_http_exchange_lose_client(exchange);
    }
}

void
fovea_http_exchange_resume(struct fovea_http_exchange *exchange)
{
    FOVEA_ASSERT(exchange->stage == FOVEA_HTTP_STAGE_WORKING);
    exchange->stage = FOVEA_HTTP_STAGE_ANSWERED;
    exchange->http->n_working--;
    MHD_resume_connection(exchange->connection->mhd);
}

void
fovea_http_exchange_cancel(struct fovea_http_exchange *exchange,
        const struct fovea_error *why)
{
    if (exchange->work) {
        exchange->work->cancel(exchange->work, why);
    }
}

void
fovea_http_exchange_lose_client(struct fovea_http_exchange *exchange)
{
    exchange->is_gone = true;
    fovea_http_exchange_cancel(exchange, NULL);
}

void
fovea_http_exchange_forget_input(struct fovea_http_exchange *exchange)
{
    if (exchange->form) {
        exchange->route->body->form->destroy(exchange->form);
        exchange->form = NULL;
    }
    fovea_http_inflate_destroy(exchange->inflate);
    exchange->inflate = NULL;
    fovea_http_body_finish(&exchange->body, &exchange->http->budget);
}

struct fovea_http_body_budget *
fovea_http_exchange_budget(const struct fovea_http_exchange *exchange)
{
    return &exchange->http->budget;
}
