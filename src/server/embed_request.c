/* Requests: see embed_request.h. */
#include "server/embed_request.h"

#include <stdio.h>
#include <stdlib.h>

void
fovea_embed_request_param(const struct fovea_embed_request *request,
        size_t index, char param_out[FOVEA_HTTP_PARAM_SIZE])
{
    const char *name = request->list_name ? request->list_name : "";
    if (fovea_embed_request_is_label(request, index)) {
        (void)snprintf(param_out, FOVEA_HTTP_PARAM_SIZE, "labels[%zu]",
                index - request->n_items);
    } else if (index >= request->n_items - request->search.n_minus) {
        (void)snprintf(param_out, FOVEA_HTTP_PARAM_SIZE, "minus[%zu]",
                index + request->search.n_minus - request->n_items);
    } else if (request->is_list) {
        (void)snprintf(param_out, FOVEA_HTTP_PARAM_SIZE, "%s[%zu]", name,
                index);
    } else {
        (void)snprintf(param_out, FOVEA_HTTP_PARAM_SIZE, "%s", name);
    }
}

static void
finish_texts(struct fovea_request_texts *texts)
{
    for (size_t i = 0; i < texts->n; i++) {
        free(texts->all[i]);
    }
    free(texts->all);
}

static void
finish_search(struct fovea_request_search *search)
{
    free(search->index);
    free(search->set);
    finish_texts(&search->paths);
    finish_texts(&search->not_paths);
    free(search->since);
    free(search->until);
}

void
fovea_embed_request_finish(struct fovea_embed_request *request)
{
    size_t n = fovea_embed_request_size(request);
    for (size_t i = 0; request->items && i < n; i++) {
        free(request->items[i].owned);
        free(request->items[i].id);
    }
    for (size_t i = 0; i < request->labels.n; i++) {
        free(request->labels.names[i]);
    }
    free(request->labels.names);
    free(request->labels.template);
    finish_search(&request->search);
    free(request->items);
    free(request->model);
    json_decref(request->tree);
    *request = (struct fovea_embed_request){ 0 };
}
