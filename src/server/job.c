/* The images of a request: see job.h. */
#include "server/job.h"

#include <string.h>

#include "base/notes.h"
#include "option/limits.h"
#include "server/discreet.h"
#include "server/item.h"
#include "server/job_answer.h"
#include "server/job_write_labels.h"
#include "server/served.h"

static void settle(struct fovea_http_completion *completion);
static void cancel(struct fovea_server_job *job, const struct fovea_error *why);

/* From a thread of the library's. */
static void
done(void *context, const struct fovea_error *result, const float *embedding,
        const struct fovea_timings *timings)
{
    struct fovea_server_job_item *item = context;
    struct fovea_server_job *job = item->job;
    size_t dimension = job->served->info->embedding_dimension;
    item->error = *result;
    item->total_ns = timings->total_ns;
    if (embedding) {
        float *to = job->vectors + (size_t)(item - job->items) * dimension;
        memcpy(to, embedding, dimension * sizeof *to);
    }
    fovea_http_post(job->exchange->http, &item->completion);
}

static bool
is_label(const struct fovea_server_job *job,
        const struct fovea_server_job_item *item)
{
    return fovea_embed_request_is_label(&job->request,
            (size_t)(item - job->items));
}

static bool
is_id(const struct fovea_server_job *job,
        const struct fovea_server_job_item *item)
{
    const struct fovea_request_item *asked =
            &job->request.items[item - job->items];
    return asked->id && !asked->item.data && !asked->error.code;
}

/* An item's failure is the request's. Of several it is the first one's, less
   those that were only cancelled for it. */
static void
fail_by(struct fovea_server_job *job, const struct fovea_server_job_item *item)
{
    size_t index = (size_t)(item - job->items);
    struct fovea_http_complaint *failure = &job->failure;
    if (item->error.code == FOVEA_ERR_CANCELLED ||
            (failure->error.code && index > job->failed_at)) {
        return;
    }
    job->failed_at = index;
    failure->error = item->error;
    fovea_embed_request_param(&job->request, index, failure->param);
    if (job->request.is_list || is_label(job, item)) {
        fovea_error_prefix(&failure->error, "%s", failure->param);
    }
}

static bool
is_text(const struct fovea_server_job *job,
        const struct fovea_server_job_item *item)
{
    return job->request.items[item - job->items].item.kind == FOVEA_ITEM_TEXT;
}

static void
count(struct fovea_server_job *job, struct fovea_server_job_item *item)
{
    struct fovea_server *server = fovea_server_of(job->exchange);
    server->n_items--;
    if (is_id(job, item)) {
        return; /* its vector is in an index */
    }
    fovea_discreet_log(job->exchange, &item->error, &job->has_logged);
    job->n_bad += item->error.code != FOVEA_OK &&
            item->error.code != FOVEA_ERR_CANCELLED;
    fovea_notes_count(&item->error, job->n_noted);
    fovea_server_counters_item(&server->counters, is_text(job, item),
            item->error.code, item->total_ns, server->n_items,
            fovea_clock_ns());
    if (item->error.code &&
            (!job->request.on_error_item || is_label(job, item))) {
        fail_by(job, item);
        cancel(job, NULL);
    }
}

/* Submit one. FOVEA_ERR_BUSY: nothing happened; else it is in flight or done,
   for better or worse. */
static enum fovea_status
submit(struct fovea_server_job *job, struct fovea_server_job_item *item)
{
    const struct fovea_request_item *asked =
            &job->request.items[item - job->items];
    item->error = asked->error;
    int64_t left_ns = job->deadline_ns - fovea_clock_ns();
    bool is_embedded = !item->error.code && !is_id(job, item);
    if (is_embedded && job->deadline_ns != FOVEA_NEVER && left_ns <= 0) {
        (void)fovea_fail(&item->error, FOVEA_ERR_DEADLINE,
                "the request's time was over before this item's turn %s",
                fovea_limit_by(FOVEA_OPTION_DEADLINE));
    }
    if (is_embedded && !item->error.code) {
        const struct fovea_submit_options options = {
            .struct_size = sizeof options,
            /* Labels that are cut could become the same. */
            .flags = job->request.refuses_truncated || is_label(job, item)
                    ? FOVEA_EMBED_REFUSE_TRUNCATED
                    : 0,
            .is_batch = job->n > 1,
            .deadline_ns =
                    job->deadline_ns == FOVEA_NEVER ? FOVEA_NEVER : left_ns,
        };
        item->is_in_flight = true;
        if (!fovea_submit(job->served->model, &asked->item, &options, done,
                    item, &item->ticket, &item->error)) {
            job->n_in_flight++;
            fovea_server_of(job->exchange)->n_in_flight++;
            return FOVEA_OK;
        }
        item->is_in_flight = false;
    }
    if (item->error.code != FOVEA_ERR_BUSY) {
        count(job, item);
        return FOVEA_OK;
    }
    return FOVEA_ERR_BUSY;
}

static void
wait_for_room(struct fovea_server_job *job)
{
    struct fovea_server_job **link = &fovea_server_of(job->exchange)->waiting;
    while (*link) {
        link = &(*link)->next_waiting;
    }
    job->next_waiting = NULL;
    job->is_waiting = true;
    *link = job;
}

static void
leave_waiting(struct fovea_server_job *job)
{
    struct fovea_server_job **link = &fovea_server_of(job->exchange)->waiting;
    while (*link && *link != job) {
        link = &(*link)->next_waiting;
    }
    if (*link) {
        *link = job->next_waiting;
    }
    job->is_waiting = false;
}

/* Submit as many as may be under way. */
static void
feed(struct fovea_server_job *job)
{
    struct fovea_server *server = fovea_server_of(job->exchange);
    size_t most = fovea_model_window(job->served->model);
    while (!job->is_over && job->n_next < job->n && job->n_in_flight < most) {
        struct fovea_server_job_item *item = &job->items[job->n_next];
        if (submit(job, item) != FOVEA_ERR_BUSY) {
            job->n_next++;
            continue;
        }
        if (job->n_in_flight > 0) {
            return; /* its own next result is the time to try again */
        }
        if (job->n_next > 0 && server->n_in_flight > 0) {
            wait_for_room(job); /* others are under way, and will be done */
            return;
        }
        /* Nothing was done: busy is the answer. */
        job->n_next++;
        count(job, item);
        cancel(job, &item->error);
    }
    if (job->n_next == job->n) {
        /* All of it is in other memory now. */
        fovea_http_exchange_forget_input(job->exchange);
    }
}

static bool
is_done(const struct fovea_server_job *job)
{
    return job->n_in_flight == 0 && !job->is_waiting &&
            (job->is_over || job->n_next == job->n);
}

static void
go_on(struct fovea_server_job *job)
{
    feed(job);
    if (is_done(job)) {
        fovea_server_job_answer(job);
    }
}

static void
settle(struct fovea_http_completion *completion)
{
    struct fovea_server_job_item *item =
            (struct fovea_server_job_item *)completion;
    struct fovea_server_job *job = item->job;
    item->is_in_flight = false;
    job->n_in_flight--;
    fovea_server_of(job->exchange)->n_in_flight--;
    count(job, item);
    if (!job->is_waiting) {
        go_on(job);
    }
}

void
fovea_server_jobs_go_on(struct fovea_server *server)
{
    struct fovea_server_job *job = server->waiting;
    server->waiting = NULL;
    while (job) {
        struct fovea_server_job *next = job->next_waiting;
        job->is_waiting = false;
        go_on(job); /* which may wait again */
        job = next;
    }
}

static void
cancel(struct fovea_server_job *job, const struct fovea_error *why)
{
    if (job->is_writing) {
        atomic_store_explicit(&job->is_cancelled, true, memory_order_relaxed);
        return;
    }
    if (job->is_over) {
        return;
    }
    job->is_over = true;
    if (why && !job->failure.error.code) {
        job->failure.error = *why;
    }
    for (size_t i = 0; i < job->n_next; i++) {
        if (job->items[i].is_in_flight) {
            fovea_cancel(job->served->model, job->items[i].ticket);
        }
    }
    if (job->is_waiting) {
        leave_waiting(job);
        fovea_server_job_answer(job);
    }
}

static void
cancel_work(struct fovea_http_work *work, const struct fovea_error *why)
{
    cancel((struct fovea_server_job *)work, why);
}

static void
log_work(const struct fovea_http_work *work, struct fovea_http_log_line *line)
{
    const struct fovea_server_job *job = (const struct fovea_server_job *)work;
    if (!job->has_begun || job->n == 0) {
        return;
    }
    size_t n_texts = 0;
    size_t n_images = 0;
    for (size_t i = 0; i < job->n; i++) {
        bool is_embedded = !is_id(job, &job->items[i]);
        n_texts += is_embedded && is_text(job, &job->items[i]);
        n_images += is_embedded && !is_text(job, &job->items[i]);
    }
    if (n_images > 0) {
        fovea_http_log_number(line, "images", (int64_t)n_images);
    }
    if (n_texts > 0) {
        fovea_http_log_number(line, "texts", (int64_t)n_texts);
    }
    fovea_http_log_number(line, "bad", (int64_t)job->n_bad);
    for (unsigned i = 0; i < FOVEA_N_NOTES; i++) {
        if (job->n_noted[i] > 0) {
            fovea_http_log_number(line, fovea_note_name(i),
                    (int64_t)job->n_noted[i]);
        }
    }
}

/* None of its images is in flight. */
static void
destroy_work(struct fovea_http_work *work)
{
    struct fovea_server_job *job = (struct fovea_server_job *)work;
    FOVEA_ASSERT(job->n_in_flight == 0);
    fovea_embed_request_finish(&job->request);
    free(job->items);
    free(job->vectors);
    free(job);
}

/* Texts are none to a model without a text tower. */
static void
check_texts(struct fovea_server_job *job)
{
    const struct fovea_served *served = job->served;
    const struct fovea_served *other =
            fovea_served_with_text(fovea_server_of(job->exchange));
    for (size_t i = 0; i < job->n && !served->info->has_text; i++) {
        struct fovea_request_item *item = &job->request.items[i];
        if (!item->error.code && item->item.kind == FOVEA_ITEM_TEXT) {
            fovea_item_refuse_text(item, served->name,
                    other ? other->name : NULL, &item->error);
        }
    }
}

static enum fovea_status
check(struct fovea_server_job *job, struct fovea_http_complaint *complaint)
{
    const struct fovea_embed_request *request = &job->request;
    if (!job->served) {
        return fovea_http_complain(complaint, FOVEA_ERR_UNKNOWN_MODEL, "model",
                FOVEA_UNKNOWN_MODEL_TEXT, request->model);
    }
    uint32_t dimension = job->served->info->embedding_dimension;
    if (request->dimensions > dimension) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, "dimensions",
                "dimensions is %u; the model has %u", request->dimensions,
                dimension);
    }
    check_texts(job);
    if (request->labels.n > 0 && !job->served->info->has_text) {
        complaint->error = request->items[request->n_items].error;
        (void)snprintf(complaint->param, sizeof complaint->param, "labels");
        return complaint->error.code;
    }
    if (request->labels.n > 0) {
        enum fovea_status status = fovea_server_check_labels_size(request,
                fovea_server_of(job->exchange)->settings.http.max_body_bytes,
                complaint);
        if (status) {
            return status;
        }
    }
    for (size_t i = 0; i < request->n_items && !request->on_error_item; i++) {
        if (request->items[i].error.code) {
            complaint->error = request->items[i].error;
            fovea_embed_request_param(request, i, complaint->param);
            if (request->is_list) {
                fovea_error_prefix(&complaint->error, "%s", complaint->param);
            }
            return complaint->error.code;
        }
    }
    return FOVEA_OK;
}

static struct fovea_server_job *
create(struct fovea_http_exchange *exchange, const struct fovea_served *served,
        struct fovea_embed_request *request)
{
    struct fovea_server_job *job = calloc(1, sizeof *job);
    if (!job) {
        return NULL;
    }
    job->work = (struct fovea_http_work){ cancel_work, log_work, destroy_work };
    job->exchange = exchange;
    job->request = *request;
    *request = (struct fovea_embed_request){ 0 };
    job->served = served;
    job->n = fovea_embed_request_size(&job->request);
    job->deadline_ns = fovea_later(exchange->started_ns,
            fovea_server_of(exchange)->settings.library.deadline_ns);
    return job;
}

static enum fovea_status
allocate(struct fovea_server_job *job, struct fovea_error *err)
{
    size_t dimension = job->served->info->embedding_dimension;
    job->items = calloc(job->n, sizeof *job->items);
    job->vectors = calloc(job->n, dimension * sizeof *job->vectors);
    if (!job->items || !job->vectors) {
        return fovea_fail_memory(err, job->n * dimension, "vectors");
    }
    for (size_t i = 0; i < job->n; i++) {
        job->items[i].job = job;
        job->items[i].completion.read = settle;
    }
    return FOVEA_OK;
}

void
fovea_server_job_start(struct fovea_http_exchange *exchange,
        const struct fovea_served *served, struct fovea_embed_request *request)
{
    struct fovea_http_complaint complaint = { .param = "" };
    struct fovea_server_job *job = create(exchange, served, request);
    exchange->work = job ? &job->work : NULL;
    enum fovea_status status = job
            ? check(job, &complaint)
            : fovea_fail_memory(&complaint.error, sizeof *job, "a request");
    if (!status) {
        status = allocate(job, &complaint.error);
    }
    if (status) {
        fovea_embed_request_finish(request);
        fovea_http_answer_error(&exchange->answer, &complaint);
        if (exchange->stage == FOVEA_HTTP_STAGE_WORKING) {
            fovea_http_exchange_resume(exchange);
        }
        return;
    }
    job->has_begun = true;
    fovea_server_of(exchange)->n_items += job->n;
    feed(job);
    if (is_done(job)) {
        fovea_server_job_answer(job);
    } else if (exchange->stage != FOVEA_HTTP_STAGE_WORKING) {
        fovea_http_exchange_suspend(exchange);
    }
}
