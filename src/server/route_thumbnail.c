/* GET /v1/indexes/NAME/items/ID/thumbnail and POST /v1/thumbnail: small pictures, of
   files of an index or of what is sent. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "find/picture.h"
#include "server/handlers.h"
#include "server/index_task.h"
#include "server/picture_write.h"
#include "server/thumbnail.h"
#include "server/upload.h"

enum {
    HTTP_OK = 200
};

/* A picture's own id never becomes another's; a name may lead to another one. */
static const struct fovea_http_header own_headers[] = {
    { "Cache-Control", "private, max-age=3600" },
    { "Content-Disposition", "inline" },
    { NULL, NULL },
};
static const struct fovea_http_header name_headers[] = {
    { "Cache-Control", "private, no-cache" },
    { "Content-Disposition", "inline" },
    { NULL, NULL },
};

struct thumbnail_task {
    struct fovea_index_task task; /* first */
    char id[FOVEA_HTTP_PATH_SIZE];
    char etag[FOVEA_HTTP_ETAG_SIZE];
    char *path; /* of its file; owned */
};

static void
destroy(struct fovea_index_task *task)
{
    free(((struct thumbnail_task *)task)->path);
    free(task);
}

/* Whether a file is still the one that was indexed. */
static bool
is_unchanged(const struct fovea_picture *picture,
        const struct fovea_picture_place *place)
{
    struct stat entry;
    return place->path && stat(place->path, &entry) == 0 &&
            S_ISREG(entry.st_mode) &&
            (uint64_t)entry.st_size == picture->content.size_bytes &&
            entry.st_mtim.tv_sec * FOVEA_NS_PER_S + entry.st_mtim.tv_nsec ==
            place->mtime_ns;
}

static enum fovea_status
choose_file(struct thumbnail_task *task, const struct fovea_picture *picture,
        struct fovea_error *err)
{
    for (size_t i = 0; i < picture->n_places; i++) {
        if (is_unchanged(picture, &picture->places[i])) {
            task->path = strdup(picture->places[i].path);
            return task->path
                    ? FOVEA_OK
                    : fovea_fail_memory(err, strlen(picture->places[i].path),
                              "a path");
        }
    }
    return fovea_fail(err, FOVEA_ERR_NO_ITEM,
            "there is no file of \"%.80s\" to make a thumbnail of: %s",
            task->id,
            picture->n_places > 0 && picture->places[0].path
                    ? "it has changed or gone since it was indexed"
                    : "it was added, and pictures that are added are not kept");
}

static enum fovea_status
find_file(struct thumbnail_task *task, struct fovea_index_folder *folder,
        struct fovea_error *err)
{
    struct fovea_picture picture = { .n_places = 0 };
    struct fovea_picture_roots roots = { .n = 0 };
    const struct fovea_server *server = fovea_server_of(task->task.exchange);
    int64_t content = 0;
    enum fovea_status status =
            fovea_picture_id_find(folder, task->id, &content, err);
    if (!status) {
        status = fovea_picture_roots_load(folder, &roots, err);
    }
    if (!status) {
        status = fovea_picture_load(folder, &roots, content, NULL, &picture,
                err);
    }
    if (!status) {
        (void)snprintf(task->etag, sizeof task->etag, "\"%.48s-%u\"",
                picture.content.digest,
                (unsigned)server->settings.library.thumbnail_px);
        status = choose_file(task, &picture, err);
    }
    fovea_picture_roots_finish(&roots);
    fovea_picture_finish(&picture);
    return status;
}

static void
look(struct fovea_index_task *task)
{
    struct fovea_server_handle *handle = NULL;
    if (fovea_server_index_begin(task->index, &handle,
                &task->complaint.error)) {
        return;
    }
    enum fovea_status status = find_file((struct thumbnail_task *)task,
            handle->folder, &task->complaint.error);
    fovea_server_index_end(task->index, handle,
            status == FOVEA_OK || status == FOVEA_ERR_NO_ITEM);
}

/* What its client has already is not made again. */
static bool
make(struct fovea_index_task *bare)
{
    struct thumbnail_task *task = (struct thumbnail_task *)bare;
    struct fovea_http_exchange *exchange = bare->exchange;
    const struct fovea_http_header *headers =
            task->id[0] == '@' ? own_headers : name_headers;
    if (exchange->is_gone) {
        return false;
    }
    if (fovea_http_exchange_knows(exchange, task->etag)) {
        struct fovea_http_answer *answer = &exchange->answer;
        (void)snprintf(answer->etag, sizeof answer->etag, "%s", task->etag);
        answer->headers = headers;
        answer->type = "image/jpeg";
        answer->http = HTTP_OK; /* the reply makes it a 304 */
        return false;
    }
    const struct fovea_item item = {
        .kind = FOVEA_ITEM_IMAGE_PATH,
        .data = task->path,
    };
    exchange->work = NULL;
    fovea_server_thumbnail_start(exchange, &item, task->etag, headers);
    destroy(bare);
    return true;
}

void
fovea_handle_item_thumbnail(struct fovea_http_exchange *exchange)
{
    struct thumbnail_task *task =
            fovea_index_task_create(exchange, sizeof *task, look);
    if (task) {
        task->task.next = make;
        task->task.destroy = destroy;
        fovea_http_exchange_variable(exchange, 1, task->id);
        fovea_index_task_start(exchange, FOVEA_DESK_SEARCH, &task->task);
    }
}

void
fovea_handle_thumbnail(struct fovea_http_exchange *exchange)
{
    struct fovea_embed_request request = { .n_items = 0 };
    struct fovea_http_complaint complaint = { .param = "" };
    enum fovea_status status =
            fovea_upload_finish(exchange, &request, &complaint);
    if (!status && request.n_items > 1) {
        status = fovea_http_complain(&complaint, FOVEA_ERR_TOO_MANY_ITEMS,
                "file", "a thumbnail is made of one image, not of %zu",
                request.n_items);
    }
    if (!status && request.items[0].error.code) {
        complaint.error = request.items[0].error;
        status = complaint.error.code;
    }
    if (status) {
        fovea_http_answer_error(&exchange->answer, &complaint);
    } else {
        fovea_server_thumbnail_start(exchange, &request.items[0].item, "",
                NULL);
    }
    fovea_embed_request_finish(&request);
}
