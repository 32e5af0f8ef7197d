/* POST /v1/indexes/NAME/items: images, each with an id, become items of an index. */
#include <string.h>
#include <strings.h>

#include "server/add_items.h"
#include "server/embed_request_parse.h"
#include "server/handlers.h"
#include "server/search_fields.h"
#include "server/upload.h"

static bool
is_json(const struct fovea_http_exchange *exchange)
{
    static const char json[] = "application/json";
    const char *type = fovea_http_exchange_header(exchange, "Content-Type");
    return type && strncasecmp(type, json, sizeof json - 1) == 0;
}

/* The id of an image that is the body itself is in the query, that of a file of a
 * form is its name. */
static enum fovea_status
name_items(const struct fovea_http_exchange *exchange,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    const char *id = fovea_http_exchange_argument(exchange, "id");
    for (size_t i = 0; i < request->n_items; i++) {
        struct fovea_request_item *item = &request->items[i];
        if (id && request->n_items == 1) {
            free(item->id);
            item->id = strdup(id);
        }
        if (!item->id) {
            return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, "id",
                    "the id is missing: of an image that is the body itself it "
                    "is given as ?id=, of a file of a form it is its name");
        }
        if (!item->error.code) {
            (void)!fovea_item_id_check(item->id, &item->error);
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
read_request(struct fovea_http_exchange *exchange,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    if (is_json(exchange)) {
        return fovea_items_request_parse(exchange->body.data,
                exchange->body.size,
                fovea_server_of(exchange)->settings.max_items, request,
                complaint);
    }
    enum fovea_status status =
            fovea_upload_finish(exchange, request, complaint);
    return status ? status : name_items(exchange, request, complaint);
}

/* That no id is there twice. */
static enum fovea_status
check_ids(const struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    for (size_t i = 0; i < request->n_items; i++) {
        const char *id = request->items[i].id;
        for (size_t j = 0; id && j < i; j++) {
            if (request->items[j].id && strcmp(request->items[j].id, id) == 0) {
                return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, "id",
                        "the id \"%.80s\" is there twice", id);
            }
        }
    }
    return FOVEA_OK;
}

void
fovea_handle_items_add(struct fovea_http_exchange *exchange)
{
    struct fovea_http_complaint complaint = { .param = "" };
    struct fovea_add_task *add =
            fovea_index_task_create(exchange, sizeof *add, fovea_add_items);
    if (!add) {
        return;
    }
    add->task.destroy = fovea_add_task_destroy;
    enum fovea_status status = add->task.index->is_writable
            ? read_request(exchange, &add->request, &complaint)
            : fovea_http_complain(&complaint, FOVEA_ERR_INDEX_READ_ONLY, "",
                      "the index %s is served for reading (--index-writable)",
                      add->task.index->name);
    if (!status) {
        status = check_ids(&add->request, &complaint);
    }
    if (status) {
        fovea_http_answer_error(&exchange->answer, &complaint);
        fovea_add_task_destroy(&add->task);
        return;
    }
    fovea_index_task_start(exchange, FOVEA_DESK_CHANGE, &add->task);
}
