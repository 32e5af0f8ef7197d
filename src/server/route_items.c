/* GET /v1/indexes/NAME/items and /v1/indexes/NAME/items/ID: pictures of an index; and
   DELETE of what was added to it. */
#include <inttypes.h>
#include <string.h>

#include "find/picture.h"
#include "index/items.h"
#include "index/rows.h"
#include "index/sets.h"
#include "server/arguments.h"
#include "server/handlers.h"
#include "server/index_task.h"
#include "server/picture_write.h"

enum {
    DEFAULT_LIMIT = 100
};

struct items_task {
    struct fovea_index_task task; /* first */
    char id[FOVEA_HTTP_PATH_SIZE];
    uint64_t first; /* row of a page */
    uint64_t limit; /* items of it */
};

static enum fovea_status
write_picture(struct fovea_index_task *task, struct fovea_index_folder *folder,
        const struct fovea_picture_roots *roots, int64_t content,
        struct fovea_text *text)
{
    struct fovea_picture picture = { .n_places = 0 };
    enum fovea_status status = fovea_picture_load(folder, roots, content, NULL,
            &picture, &task->complaint.error);
    if (!status) {
        fovea_text_format(text, "{\"object\":\"item\",");
        fovea_picture_write(&picture,
                fovea_server_of(task->exchange)->settings.show_paths, text);
        fovea_text_add(text, "}", 1);
    }
    fovea_picture_finish(&picture);
    return status;
}

static enum fovea_status
write_page(struct items_task *task, struct fovea_index_folder *folder,
        const struct fovea_picture_roots *roots, struct fovea_index_rows *rows)
{
    struct fovea_text *text = &task->task.exchange->answer.text;
    struct fovea_error *err = &task->task.complaint.error;
    const struct fovea_index_row *row = NULL;
    fovea_text_format(text, "{\"object\":\"list\",\"data\":[");
    for (uint64_t n = 0;; n++) {
        enum fovea_status status = fovea_index_rows_next(rows, &row, err);
        if (!status && row && n < task->limit) {
            fovea_text_add(text, ",", n > 0);
            status = write_picture(&task->task, folder, roots, row->content,
                    text);
        } else if (!status) {
            break;
        }
        if (status) {
            return status;
        }
    }
    fovea_text_format(text, "],\"next\":");
    if (row) {
        fovea_text_format(text, "\"%" PRIu64 "\"}", row->row);
    } else {
        fovea_text_format(text, "null}");
    }
    return FOVEA_OK;
}

/* In the order of the rows of the set that every index has. */
static enum fovea_status
list(struct items_task *task, struct fovea_index_folder *folder)
{
    struct fovea_error *err = &task->task.complaint.error;
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    struct fovea_index_rows *rows = NULL;
    struct fovea_picture_roots roots = { .n = 0 };
    enum fovea_status status = fovea_index_sets(folder, &sets, &n, err);
    if (!status && n == 0) {
        fovea_text_format(&task->task.exchange->answer.text,
                "{\"object\":\"list\",\"data\":[],\"next\":null}");
        return FOVEA_OK;
    }
    if (!status) {
        status = fovea_index_rows_open(folder, &sets[0], task->first, &rows,
                err);
    }
    if (!status) {
        status = fovea_picture_roots_load(folder, &roots, err);
    }
    if (!status) {
        status = write_page(task, folder, &roots, rows);
    }
    fovea_index_rows_close(rows);
    fovea_picture_roots_finish(&roots);
    return status;
}

static enum fovea_status
show(struct items_task *task, struct fovea_index_folder *folder)
{
    struct fovea_error *err = &task->task.complaint.error;
    struct fovea_picture_roots roots = { .n = 0 };
    int64_t content = 0;
    enum fovea_status status =
            fovea_picture_id_find(folder, task->id, &content, err);
    if (!status) {
        status = fovea_picture_roots_load(folder, &roots, err);
    }
    if (!status) {
        status = write_picture(&task->task, folder, &roots, content,
                &task->task.exchange->answer.text);
    }
    fovea_picture_roots_finish(&roots);
    return status;
}

static void
read_index(struct fovea_index_task *task)
{
    struct items_task *items = (struct items_task *)task;
    struct fovea_server_handle *handle = NULL;
    if (fovea_server_index_begin(task->index, &handle,
                &task->complaint.error)) {
        return;
    }
    enum fovea_status status = items->id[0] ? show(items, handle->folder)
                                            : list(items, handle->folder);
    fovea_server_index_end(task->index, handle, status == FOVEA_OK);
    if (!status) {
        fovea_http_answer_done(&task->exchange->answer);
    }
}

void
fovea_handle_items(struct fovea_http_exchange *exchange)
{
    uint64_t first = 0;
    uint64_t limit = 0;
    if (!fovea_arguments_number(exchange, "after", 0, INT64_MAX, &first) ||
            !fovea_arguments_limit(exchange, DEFAULT_LIMIT, &limit)) {
        return;
    }
    struct items_task *task =
            fovea_index_task_create(exchange, sizeof *task, read_index);
    if (task) {
        task->first = first;
        task->limit = limit;
        fovea_index_task_start(exchange, FOVEA_DESK_SEARCH, &task->task);
    }
}

void
fovea_handle_item(struct fovea_http_exchange *exchange)
{
    struct items_task *task =
            fovea_index_task_create(exchange, sizeof *task, read_index);
    if (task) {
        fovea_http_exchange_variable(exchange, 1, task->id);
        fovea_index_task_start(exchange, FOVEA_DESK_SEARCH, &task->task);
    }
}

/* Only what was added goes. What files an index has is a run's to say. */
static enum fovea_status
remove_item(struct items_task *task, struct fovea_index_folder *folder)
{
    struct fovea_error *err = &task->task.complaint.error;
    if (task->id[0] == '@') {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%.40s is a picture of the index's own, and only items that "
                "were added are removed here, by the ids that they were added "
                "under; `fovea index --remove` removes files",
                task->id);
    }
    enum fovea_status status = fovea_index_item_remove(folder, task->id, err);
    return status ? status : fovea_index_commit(folder, err);
}

static void
write_index(struct fovea_index_task *task)
{
    struct items_task *items = (struct items_task *)task;
    struct fovea_index_folder *folder = NULL;
    struct fovea_http_answer *answer = &task->exchange->answer;
    if (fovea_index_folder_open(task->index->path, FOVEA_INDEX_WRITE, &folder,
                &task->complaint.error)) {
        return;
    }
    if (!remove_item(items, folder)) {
        fovea_text_format(&answer->text, "{\"object\":\"item\",\"id\":");
        fovea_text_json_string(&answer->text, items->id);
        fovea_text_format(&answer->text, ",\"deleted\":true}");
        fovea_http_answer_done(answer);
    }
    fovea_index_folder_close(folder);
}

void
fovea_handle_item_delete(struct fovea_http_exchange *exchange)
{
    struct items_task *task =
            fovea_index_task_create(exchange, sizeof *task, write_index);
    if (task && !task->task.index->is_writable) {
        fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_INDEX_READ_ONLY, "",
                "the index %s is served for reading (--index-writable)",
                task->task.index->name);
        free(task);
        return;
    }
    if (task) {
        fovea_http_exchange_variable(exchange, 1, task->id);
        fovea_index_task_start(exchange, FOVEA_DESK_CHANGE, &task->task);
    }
}
