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
    } else if (request->is_list) {
        (void)snprintf(param_out, FOVEA_HTTP_PARAM_SIZE, "%s[%zu]", name,
                index);
    } else {
        (void)snprintf(param_out, FOVEA_HTTP_PARAM_SIZE, "%s", name);
    }
}

void
fovea_embed_request_finish(struct fovea_embed_request *request)
{
    size_t n = fovea_embed_request_size(request);
    for (size_t i = 0; request->items && i < n; i++) {
        free(request->items[i].owned);
    }
    for (size_t i = 0; i < request->labels.n; i++) {
        free(request->labels.names[i]);
    }
    free(request->labels.names);
    free(request->labels.template);
    free(request->items);
    free(request->model);
    json_decref(request->tree);
    *request = (struct fovea_embed_request){ 0 };
}
