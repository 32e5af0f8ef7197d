/* GET /v1/indexes: the indexes that are served, and how they stand; what a process
   that writes to one is doing now, among it. */
#include <inttypes.h>
#include <stdio.h>

#include "index/run.h"
#include "index/sets.h"
#include "server/discreet.h"
#include "server/handlers.h"
#include "server/index_task.h"
#include "spec/dtype.h"

static enum fovea_status
write_sets(struct fovea_server *server, const struct fovea_server_index *index,
        struct fovea_index_folder *folder, struct fovea_text *text,
        struct fovea_error *err)
{
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    enum fovea_status status = fovea_index_sets(folder, &sets, &n, err);
    fovea_text_format(text, ",\"sets\":[");
    for (size_t i = 0; i < n && !status; i++) {
        const struct fovea_index_set_key *key = &sets[i].key;
        fovea_text_format(text, "%s{\"model\":", i > 0 ? "," : "");
        fovea_text_json_string(text,
                fovea_server_index_model_name(server, index, key->model));
        fovea_text_format(text,
                ",\"dimension\":%" PRIu32 ",\"dtype\":\"%s\",\"stored\":\"%s\""
                ",\"words\":%s,\"served\":%s,\"vectors\":%" PRIu64 "}",
                key->dimension, fovea_dtype_word(key->dtype),
                key->store == FOVEA_STORE_F16 ? "f16" : "f32",
                key->has_words ? "true" : "false",
                fovea_server_index_model(server, index, key->model) ? "true"
                                                                    : "false",
                sets[i].n_live);
    }
    fovea_text_format(text, "]");
    return status;
}

static enum fovea_status
write_run(struct fovea_index_folder *folder, struct fovea_text *text,
        struct fovea_error *err)
{
    struct fovea_index_run run;
    enum fovea_status status = fovea_index_run_get(folder, &run, err);
    fovea_text_format(text, ",\"run\":");
    if (status == FOVEA_ERR_NO_ITEM) {
        fovea_text_format(text, "null");
        fovea_error_clear(err);
        return FOVEA_OK;
    }
    if (status) {
        return status;
    }
    fovea_text_format(text,
            "{\"going\":%s,\"phase\":", run.is_going ? "true" : "false");
    fovea_text_json_string(text, run.phase);
    fovea_text_format(text,
            ",\"done\":%" PRIu64 ",\"total\":%" PRIu64 ",\"failed\":%" PRIu64
            ",\"started_s\":%" PRId64 ",\"updated_s\":%" PRId64
            ",\"finished_s\":%" PRId64 "}",
            run.n_done, run.n_total, run.n_failed, run.started_s, run.updated_s,
            run.finished_s);
    return FOVEA_OK;
}

static enum fovea_status
write_state(struct fovea_server *server, const struct fovea_server_index *index,
        struct fovea_index_folder *folder, struct fovea_text *text,
        struct fovea_error *err)
{
    struct fovea_index_counts counts;
    enum fovea_status status = fovea_index_count(folder, &counts, err);
    if (status) {
        return status;
    }
    fovea_text_format(text,
            "{\"object\":\"index\",\"name\":\"%s\",\"writable\":%s"
            ",\"pictures\":%" PRIu64 ",\"files\":%" PRIu64
            ",\"failed\":%" PRIu64 ",\"items\":%" PRIu64
            ",\"size_bytes\":%" PRIu64,
            index->name, index->is_writable ? "true" : "false",
            counts.n_contents, counts.n_files, counts.n_failed, counts.n_items,
            counts.size_bytes);
    status = write_sets(server, index, folder, text, err);
    if (!status) {
        status = write_run(folder, text, err);
    }
    fovea_text_add(text, "}", 1);
    return status;
}

/* One of the server's; text is as it was where that fails. */
static enum fovea_status
show(struct fovea_server *server, struct fovea_server_index *index,
        struct fovea_text *text, struct fovea_error *err)
{
    struct fovea_server_handle *handle = NULL;
    size_t size = text->size;
    enum fovea_status status = fovea_server_index_begin(index, &handle, err);
    if (!status) {
        status = write_state(server, index, handle->folder, text, err);
        fovea_server_index_end(index, handle, status == FOVEA_OK);
    }
    if (status) {
        text->size = size;
    }
    return status;
}

static void
show_one(struct fovea_index_task *task)
{
    struct fovea_http_answer *answer = &task->exchange->answer;
    if (!show(fovea_server_of(task->exchange), task->index, &answer->text,
                &task->complaint.error)) {
        fovea_http_answer_done(answer);
    }
}

/* One that cannot be read says so in its place. */
static void
show_all(struct fovea_index_task *task)
{
    struct fovea_server *server = fovea_server_of(task->exchange);
    struct fovea_http_answer *answer = &task->exchange->answer;
    struct fovea_text *text = &answer->text;
    bool has_logged = false;
    fovea_text_format(text, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < server->n_indexes; i++) {
        struct fovea_server_index *index = &server->indexes[i];
        struct fovea_http_complaint complaint = { .param = "" };
        fovea_text_add(text, ",", i > 0);
        if (show(server, index, text, &complaint.error)) {
            fovea_discreet_log(task->exchange, &complaint.error, &has_logged);
            fovea_text_format(text,
                    "{\"object\":\"index\",\"name\":\"%s\",\"writable\":%s"
                    ",\"error\":",
                    index->name, index->is_writable ? "true" : "false");
            fovea_http_answer_error_object(text, &complaint);
            fovea_text_add(text, "}", 1);
        }
    }
    fovea_text_format(text, "]}");
    fovea_http_answer_done(answer);
}

void
fovea_handle_index(struct fovea_http_exchange *exchange)
{
    struct fovea_index_task *task =
            fovea_index_task_create(exchange, sizeof *task, show_one);
    if (task) {
        fovea_index_task_start(exchange, FOVEA_DESK_SEARCH, task);
    }
}

void
fovea_handle_indexes(struct fovea_http_exchange *exchange)
{
    if (fovea_server_of(exchange)->n_indexes == 0) {
        fovea_text_format(&exchange->answer.text,
                "{\"object\":\"list\",\"data\":[]}");
        fovea_http_answer_done(&exchange->answer);
        return;
    }
    struct fovea_index_task *task = calloc(1, sizeof *task);
    if (!task) {
        fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_NO_MEMORY, "",
                "no memory for the answer");
        return;
    }
    task->run = show_all;
    fovea_index_task_start(exchange, FOVEA_DESK_SEARCH, task);
}
