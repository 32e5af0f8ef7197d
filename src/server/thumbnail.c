/* See thumbnail.h. */
#include "server/thumbnail.h"

#include <stdio.h>

#include "server/discreet.h"

struct thumbnail;

struct arrival {
    struct fovea_http_completion completion; /* first */
    struct thumbnail *thumbnail;
};

struct thumbnail {
    struct fovea_http_work work; /* first */
    struct arrival arrival;
    struct fovea_http_exchange *exchange;
    struct fovea_model *model;
    uint64_t ticket;
    bool is_in_flight;
    int64_t total_ns;
    struct fovea_text jpeg; /* from a thread of the library's */
    struct fovea_error error;
};

/* From a thread of the library's. */
static void
done(void *context, const struct fovea_error *result, const uint8_t *jpeg,
        size_t size, const struct fovea_timings *timings)
{
    struct thumbnail *thumbnail = context;
    thumbnail->error = *result;
    thumbnail->total_ns = timings->total_ns;
    if (jpeg) {
        fovea_text_add(&thumbnail->jpeg, (const char *)jpeg, size);
    }
    fovea_http_post(thumbnail->exchange->http, &thumbnail->arrival.completion);
}

/* The answer is the JPEG, or why there is none. */
static void
answer_it(struct thumbnail *thumbnail)
{
    struct fovea_http_exchange *exchange = thumbnail->exchange;
    struct fovea_http_answer *answer = &exchange->answer;
    bool has_logged = false;
    if (thumbnail->error.code) {
        fovea_discreet_log(exchange, &thumbnail->error, &has_logged);
        fovea_http_answer_fail(answer, thumbnail->error.code, "", "%s",
                thumbnail->error.message);
        return;
    }
    fovea_text_finish(&answer->text);
    answer->text = thumbnail->jpeg;
    thumbnail->jpeg = (struct fovea_text){ 0 };
    answer->type = "image/jpeg";
    fovea_http_answer_done(answer);
}

static void
settle(struct fovea_http_completion *completion)
{
    struct thumbnail *thumbnail = ((struct arrival *)completion)->thumbnail;
    struct fovea_http_exchange *exchange = thumbnail->exchange;
    struct fovea_server *server = fovea_server_of(exchange);
    thumbnail->is_in_flight = false;
    fovea_server_counters_thumbnail(&server->counters, thumbnail->error.code);
    answer_it(thumbnail);
    fovea_http_exchange_resume(exchange);
}

static void
cancel(struct fovea_http_work *work, const struct fovea_error *why)
{
    struct thumbnail *thumbnail = (struct thumbnail *)work;
    (void)why; /* what was cancelled says so */
    if (thumbnail->is_in_flight) {
        fovea_cancel(thumbnail->model, thumbnail->ticket);
    }
}

static void
log_it(const struct fovea_http_work *work, struct fovea_http_log_line *line)
{
    (void)work;
    fovea_http_log_number(line, "thumbnails", 1);
}

/* It is not in flight. */
static void
destroy(struct fovea_http_work *work)
{
    struct thumbnail *thumbnail = (struct thumbnail *)work;
    FOVEA_ASSERT(!thumbnail->is_in_flight);
    fovea_text_finish(&thumbnail->jpeg);
    free(thumbnail);
}

static void
end_at_once(struct fovea_http_exchange *exchange)
{
    if (exchange->stage == FOVEA_HTTP_STAGE_WORKING) {
        fovea_http_exchange_resume(exchange);
    }
}

void
fovea_server_thumbnail_start(struct fovea_http_exchange *exchange,
        const struct fovea_item *item, const char *etag,
        const struct fovea_http_header *headers)
{
    struct fovea_server *server = fovea_server_of(exchange);
    struct thumbnail *thumbnail = calloc(1, sizeof *thumbnail);
    if (!thumbnail) {
        fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_NO_MEMORY, "",
                "no memory for a thumbnail");
        end_at_once(exchange);
        return;
    }
    (void)snprintf(exchange->answer.etag, sizeof exchange->answer.etag, "%s",
            etag);
    exchange->answer.headers = headers;
    thumbnail->work = (struct fovea_http_work){ cancel, log_it, destroy };
    thumbnail->arrival.completion.read = settle;
    thumbnail->arrival.thumbnail = thumbnail;
    thumbnail->exchange = exchange;
    thumbnail->model = server->models[0].model; /* any will do */
    exchange->work = &thumbnail->work;
    thumbnail->is_in_flight = true;
    if (fovea_submit_thumbnail(thumbnail->model, item, NULL, done, thumbnail,
                &thumbnail->ticket, &thumbnail->error)) {
        thumbnail->is_in_flight = false;
        fovea_server_counters_thumbnail(&server->counters,
                thumbnail->error.code);
        answer_it(thumbnail);
        end_at_once(exchange);
        return;
    }
    fovea_http_exchange_forget_input(exchange);
    if (exchange->stage != FOVEA_HTTP_STAGE_WORKING) {
        fovea_http_exchange_suspend(exchange);
    }
}
