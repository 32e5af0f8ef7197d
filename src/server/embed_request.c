/* Requests: see embed_request.h. */
#include "server/embed_request.h"

#include <stdio.h>
#include <stdlib.h>

void
fovea_embed_request_param(const struct fovea_embed_request *request,
        size_t index, char param_out[FOVEA_HTTP_PARAM_SIZE])
{
    const char *name = request->list_name ? request->list_name : "";
    if (request->is_list) {
        (void)snprintf(param_out, FOVEA_HTTP_PARAM_SIZE, "%s[%zu]", name,
                index);
    } else {
        (void)snprintf(param_out, FOVEA_HTTP_PARAM_SIZE, "%s", name);
    }
}

void
fovea_embed_request_finish(struct fovea_embed_request *request)
{
    for (size_t i = 0; request->items && i < request->n_items; i++) {
        free(request->items[i].owned);
    }
    free(request->items);
    free(request->model);
    json_decref(request->tree);
    *request = (struct fovea_embed_request){ 0 };
}
