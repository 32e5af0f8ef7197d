/*
 * POST /v1/search: which vectors are to be searched is looked up first, then the
 * query's items are embedded by their model as ever, then it is searched
 * (search_write.c).
 */
#include <inttypes.h>
#include <string.h>

#include "find/find.h"
#include "option/limits.h"
#include "server/embed_request_parse.h"
#include "server/handlers.h"
#include "server/index_task.h"
#include "server/job.h"
#include "server/served.h"

enum {
    DEFAULT_HITS = 20
};

/* What is known before anything is embedded. */
struct plan {
    struct fovea_index_task task; /* first */
    struct fovea_embed_request request;
    const struct fovea_served *served; /* NULL: nothing is to be embedded */
};

static void
destroy(struct fovea_index_task *task)
{
    struct plan *plan = (struct plan *)task;
    fovea_embed_request_finish(&plan->request);
    free(plan);
}

static bool
has_items(const struct fovea_embed_request *request, bool texts_only)
{
    for (size_t i = 0; i < request->n_items; i++) {
        const struct fovea_request_item *item = &request->items[i];
        if (!item->id && (!texts_only || item->item.kind == FOVEA_ITEM_TEXT)) {
            return true;
        }
    }
    return false;
}

/* The key that a model has in the index, by what clients call it. */
static const char *
key_of(const struct plan *plan, const char *model)
{
    const struct fovea_server *server = fovea_server_of(plan->task.exchange);
    const struct fovea_server_index *index = plan->task.index;
    for (size_t i = 0; i < index->n_models; i++) {
        if (strcmp(index->models[i].served->name, model) == 0) {
            return index->models[i].key;
        }
    }
    const struct fovea_served *served = fovea_served_find(server, model);
    return served ? served->info->key : model;
}

static enum fovea_status
choose_set(struct plan *plan, struct fovea_index_folder *folder,
        struct fovea_http_complaint *complaint)
{
    const struct fovea_server *server = fovea_server_of(plan->task.exchange);
    const struct fovea_server_index *index = plan->task.index;
    const struct fovea_embed_request *request = &plan->request;
    const struct fovea_index_set *set = NULL;
    bool has_words = has_items(request, true);
    const char *key = request->model ? key_of(plan, request->model) : NULL;
    enum fovea_status status =
            fovea_find_set(folder, key, has_words, &set, &complaint->error);
    if (status == FOVEA_ERR_INDEX_MODEL) {
        return fovea_http_complain(complaint, status, "model",
                "the index %s has no vectors of %s%.60s; /v1/indexes/%s lists "
                "what it has",
                index->name,
                request->model      ? ""
                        : has_words ? "a model that takes words"
                                    : "any model yet",
                request->model ? request->model : "", index->name);
    }
    if (status) {
        return status;
    }
    plan->served = fovea_server_index_model(server, index, set->key.model);
    if (!plan->served && has_items(request, false)) {
        return fovea_http_complain(complaint, FOVEA_ERR_INDEX_MODEL, "model",
                "%.80s, whose vectors the index %s has, is not served: a server "
                "opens an index's models when it starts",
                fovea_server_index_model_name(server, index, set->key.model),
                index->name);
    }
    plan->request.search.set = strdup(set->key.model);
    return plan->request.search.set
            ? FOVEA_OK
            : fovea_fail_memory(&complaint->error, strlen(set->key.model),
                      "a model's key");
}

static void
look(struct fovea_index_task *task)
{
    struct fovea_server_handle *handle = NULL;
    if (fovea_server_index_begin(task->index, &handle,
                &task->complaint.error)) {
        return;
    }
    enum fovea_status status =
            choose_set((struct plan *)task, handle->folder, &task->complaint);
    fovea_server_index_end(task->index, handle, status == FOVEA_OK);
}

static bool
embed(struct fovea_index_task *task)
{
    struct plan *plan = (struct plan *)task;
    struct fovea_http_exchange *exchange = task->exchange;
    if (exchange->is_gone) {
        return false;
    }
    const struct fovea_served *served = plan->served
            ? plan->served
            : fovea_served_find(fovea_server_of(exchange), NULL);
    exchange->work = NULL;
    fovea_server_job_start(exchange, served, &plan->request);
    destroy(task);
    return true;
}

/* What can be said without looking into the index. */
static enum fovea_status
check(struct fovea_http_exchange *exchange, struct fovea_request_search *search,
        struct fovea_http_complaint *complaint)
{
    const struct fovea_server_settings *settings =
            &fovea_server_of(exchange)->settings;
    if (search->n > settings->max_hits) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, "n",
                "n is %" PRIu32 ", and a search has at most %zu hits %s",
                search->n, settings->max_hits,
                fovea_limit_by(FOVEA_OPTION_HITS));
    }
    if (search->n == 0) {
        search->n = settings->max_hits < DEFAULT_HITS
                ? (uint32_t)settings->max_hits
                : DEFAULT_HITS;
    }
    if (search->paths.n + search->not_paths.n > 0 && !settings->show_paths) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, "filter",
                "where files are is not told here, so that they cannot be "
                "found by their paths (--show-paths)");
    }
    return FOVEA_OK;
}

static enum fovea_status
begin(struct fovea_http_exchange *exchange, struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    struct fovea_request_search *search = &request->search;
    struct fovea_server_index *index = fovea_server_index_find(
            fovea_server_of(exchange), search->index, complaint);
    enum fovea_status status =
            index ? check(exchange, search, complaint) : complaint->error.code;
    if (!status && !search->index) {
        search->index = strdup(index->name);
    }
    struct plan *plan =
            status || !search->index ? NULL : calloc(1, sizeof *plan);
    if (!plan) {
        return status ? status
                      : fovea_fail_memory(&complaint->error, sizeof *plan,
                                "a search");
    }
    plan->task.index = index;
    plan->task.run = look;
    plan->task.next = embed;
    plan->task.destroy = destroy;
    plan->request = *request;
    *request = (struct fovea_embed_request){ .n_items = 0 };
    fovea_index_task_start(exchange, FOVEA_DESK_SEARCH, &plan->task);
    return FOVEA_OK;
}

void
fovea_handle_search(struct fovea_http_exchange *exchange)
{
    struct fovea_embed_request request = { .n_items = 0 };
    struct fovea_http_complaint complaint = { .param = "" };
    enum fovea_status status = fovea_search_body_parse(exchange->body.data,
            exchange->body.size, fovea_server_of(exchange)->settings.max_items,
            &request, &complaint);
    if (!status) {
        status = begin(exchange, &request, &complaint);
    }
    if (status) {
        fovea_http_answer_error(&exchange->answer, &complaint);
    }
    fovea_embed_request_finish(&request);
}
