/* See add_items.h. */
#include "server/add_items.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/sha256.h"
#include "index/contents.h"
#include "index/items.h"
#include "index/sets.h"
#include "server/discreet.h"
#include "server/served.h"
#include "source/base64.h"
#include "spec/pixels.h"

enum {
    MAX_SETS = 16,
};

/* What is under way. */
struct adding {
    struct fovea_add_task *task;
    struct fovea_index_folder *folder; /* open only to write it all down */
    struct {
        int64_t id;
        struct fovea_index_set_key key;
    } sets[MAX_SETS];
    size_t n_sets;
    float *vectors[MAX_SETS];             /* [n][dimension], each */
    struct fovea_index_content *contents; /* [n] */
};

static struct fovea_server *
server_of(const struct adding *adding)
{
    return fovea_server_of(adding->task->task.exchange);
}

static size_t
count(const struct adding *adding)
{
    return adding->task->request.n_items;
}

void
fovea_add_task_destroy(struct fovea_index_task *task)
{
    struct fovea_add_task *add = (struct fovea_add_task *)task;
    for (size_t i = 0; add->items && i < add->request.n_items; i++) {
        free(add->items[i].owned);
    }
    free(add->items);
    fovea_embed_request_finish(&add->request);
    free(add);
}

/* The bytes of an item, which are what its content is known by. */
static enum fovea_status
read_bytes(const struct adding *adding, size_t index)
{
    const struct fovea_request_item *asked =
            &adding->task->request.items[index];
    struct fovea_added_item *item = &adding->task->items[index];
    uint8_t *bytes = NULL;
    item->error = asked->error;
    if (item->error.code) {
        return item->error.code;
    }
    switch (asked->item.kind) {
    case FOVEA_ITEM_IMAGE_BYTES:
        item->bytes = asked->item.data;
        item->size = asked->item.size;
        return FOVEA_OK;
    case FOVEA_ITEM_IMAGE_BASE64:
        (void)!fovea_base64_decode(asked->item.data, asked->item.size,
                server_of(adding)->settings.library.limits.max_bytes, &bytes,
                &item->size, &item->error);
        item->bytes = item->owned = bytes;
        return item->error.code;
    case FOVEA_ITEM_IMAGE_URL:
        return fovea_fail(&item->error, FOVEA_ERR_ARGUMENT,
                "an item is known by the bytes of its image: send these, as a "
                "data URI, base64 or a file, and no URL");
    case FOVEA_ITEM_IMAGE_PATH:
    case FOVEA_ITEM_TEXT:
    default:
        return fovea_fail(&item->error, FOVEA_ERR_ARGUMENT,
                "a text, and items are images");
    }
}

static enum fovea_status
digest(const struct fovea_added_item *item, struct fovea_index_content *content,
        struct fovea_error *err)
{
    struct fovea_sha256 hash;
    fovea_sha256_begin(&hash);
    fovea_sha256_add(&hash, item->bytes, item->size);
    content->size_bytes = item->size;
    return fovea_sha256_end(&hash, content->digest, err);
}

static void
keep_facts(const struct fovea_image_facts *facts,
        struct fovea_index_content *content)
{
    if (!facts || !facts->format) {
        return;
    }
    (void)snprintf(content->format, sizeof content->format, "%s",
            facts->format);
    content->width_px = facts->width_px;
    content->height_px = facts->height_px;
    content->has_taken = facts->taken_s != FOVEA_TAKEN_UNKNOWN;
    content->taken_s = content->has_taken ? facts->taken_s : 0;
}

/* The model of a set, as it was when the set was begun. */
static enum fovea_status
find_model(const struct adding *adding, const struct fovea_index_set_key *key,
        struct fovea_model **model_out, struct fovea_error *err)
{
    const struct fovea_server_index *index = adding->task->task.index;
    const char *name =
            fovea_server_index_model_name(server_of(adding), index, key->model);
    const struct fovea_served *served =
            fovea_server_index_model(server_of(adding), index, key->model);
    if (!served) {
        return fovea_fail(err, FOVEA_ERR_INDEX_MODEL,
                "nothing can be added to the index %s: it has vectors of %.60s, "
                "which is not served",
                index->name, name);
    }
    if (served->info->dtype != key->dtype ||
            strcmp(served->info->pixels, fovea_pixels_words[key->pixels]) !=
                    0) {
        return fovea_fail(err, FOVEA_ERR_INDEX_MODEL,
                "nothing can be added to the index %s: its vectors of %.60s "
                "were begun with other arithmetic or pixels (--dtype, "
                "--pixels)",
                index->name, name);
    }
    *model_out = served->model;
    return FOVEA_OK;
}

static void
take(const struct adding *adding, size_t set,
        const struct fovea_stream_result *result)
{
    size_t index = (size_t)result->tag;
    size_t dimension = adding->sets[set].key.dimension;
    struct fovea_error *error = &adding->task->items[index].error;
    if (result->error.code && !error->code) {
        *error = result->error;
    }
    if (!result->error.code) {
        memcpy(adding->vectors[set] + index * dimension, result->embedding,
                dimension * sizeof(float));
        keep_facts(result->facts, &adding->contents[index]);
    }
}

/* Put the next item that is good, if the stream has room. */
static enum fovea_status
put(const struct adding *adding, struct fovea_stream *stream, size_t *next,
        struct fovea_error *err)
{
    while (*next < count(adding)) {
        const struct fovea_added_item *item = &adding->task->items[*next];
        const struct fovea_item image = { .kind = FOVEA_ITEM_IMAGE_BYTES,
            .data = item->bytes,
            .size = item->size };
        enum fovea_status status = item->error.code
                ? FOVEA_OK
                : fovea_stream_put(stream, &image, *next, err);
        if (status) {
            return status == FOVEA_ERR_BUSY ? FOVEA_OK : status;
        }
        (*next)++;
    }
    return FOVEA_OK;
}

static enum fovea_status
run_stream(const struct adding *adding, size_t set, struct fovea_stream *stream,
        struct fovea_error *err)
{
    size_t next = 0;
    for (;;) {
        const struct fovea_stream_result *result = NULL;
        if (fovea_index_task_is_over(&adding->task->task)) {
            return fovea_fail(err, FOVEA_ERR_CANCELLED, "it took too long");
        }
        enum fovea_status status = put(adding, stream, &next, err);
        if (!status) {
            status = fovea_stream_wait(stream, FOVEA_NS_PER_S, err);
        }
        if (status == FOVEA_ERR_DEADLINE) {
            continue; /* see whether somebody still waits for it */
        }
        if (!status) {
            status = fovea_stream_take(stream, &result, err);
        }
        if (status) {
            return status;
        }
        if (result->state == FOVEA_STREAM_RESULT) {
            take(adding, set, result);
        } else if (next == count(adding)) {
            return FOVEA_OK;
        }
    }
}

static enum fovea_status
embed(const struct adding *adding, size_t set, struct fovea_error *err)
{
    struct fovea_model *model = NULL;
    struct fovea_stream *stream = NULL;
    enum fovea_status status =
            find_model(adding, &adding->sets[set].key, &model, err);
    if (!status) {
        status = fovea_stream_open(model, NULL, &stream, err);
    }
    if (!status) {
        status = run_stream(adding, set, stream, err);
    }
    fovea_stream_close(stream);
    return status;
}

static enum fovea_status
write_down(const struct adding *adding, size_t index, struct fovea_error *err)
{
    struct fovea_index_vector vectors[MAX_SETS];
    struct fovea_index_item item = {
        .name = adding->task->request.items[index].id,
        .added_s = (int64_t)time(NULL),
    };
    for (size_t i = 0; i < adding->n_sets; i++) {
        vectors[i] = (struct fovea_index_vector){
            .set = adding->sets[i].id,
            .values =
                    adding->vectors[i] + index * adding->sets[i].key.dimension,
        };
    }
    enum fovea_status status =
            fovea_index_content_put(adding->folder, &adding->contents[index],
                    vectors, adding->n_sets, &item.content, err);
    return status ? status : fovea_index_item_put(adding->folder, &item, err);
}

static void
write_answer(const struct adding *adding)
{
    const struct fovea_embed_request *request = &adding->task->request;
    struct fovea_http_answer *answer = &adding->task->task.exchange->answer;
    struct fovea_text *text = &answer->text;
    bool has_logged = false;
    fovea_text_format(text, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < count(adding); i++) {
        struct fovea_http_complaint complaint = {
            .error = adding->task->items[i].error,
        };
        fovea_text_format(text,
                "%s{\"object\":\"%s\",\"index\":%zu,\"id\":", i > 0 ? "," : "",
                complaint.error.code ? "error" : "item", i);
        if (request->items[i].id) {
            fovea_text_json_string(text, request->items[i].id);
        } else {
            fovea_text_format(text, "null");
        }
        if (complaint.error.code) {
            fovea_discreet_log(adding->task->task.exchange, &complaint.error,
                    &has_logged);
            fovea_embed_request_param(request, i, complaint.param);
            fovea_text_format(text, ",\"error\":");
            fovea_http_answer_error_object(text, &complaint);
        }
        fovea_text_add(text, "}", 1);
    }
    fovea_text_format(text, "]}");
    fovea_http_answer_done(answer);
}

/* The first bad item is the request's failure, unless they are answered one by
 * one. */
static enum fovea_status
check_items(const struct adding *adding)
{
    const struct fovea_embed_request *request = &adding->task->request;
    struct fovea_http_complaint *complaint = &adding->task->task.complaint;
    for (size_t i = 0; !request->on_error_item && i < count(adding); i++) {
        const struct fovea_error *error = &adding->task->items[i].error;
        if (error->code) {
            complaint->error = *error;
            fovea_embed_request_param(request, i, complaint->param);
            if (request->is_list) {
                fovea_error_prefix(&complaint->error, "%s", complaint->param);
            }
            return error->code;
        }
    }
    return FOVEA_OK;
}

/* Which sets there are; others that come meanwhile get their vectors by a run. */
static enum fovea_status
read_sets(struct adding *adding, struct fovea_error *err)
{
    struct fovea_server_index *index = adding->task->task.index;
    struct fovea_server_handle *handle = NULL;
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    enum fovea_status status = fovea_server_index_begin(index, &handle, err);
    if (status) {
        return status;
    }
    status = fovea_index_sets(handle->folder, &sets, &n, err);
    if (!status && (n == 0 || n > MAX_SETS)) {
        status = fovea_fail(err, FOVEA_ERR_INDEX_MODEL,
                "the index %s has vectors of %zu models, and 1 to %d are "
                "possible",
                index->name, n, MAX_SETS);
    }
    for (size_t i = 0; i < n && !status; i++) {
        adding->sets[i].id = sets[i].id;
        adding->sets[i].key = sets[i].key;
        adding->n_sets++;
    }
    fovea_server_index_end(index, handle, status == FOVEA_OK);
    return status;
}

static enum fovea_status
prepare(struct adding *adding, struct fovea_error *err)
{
    size_t n = count(adding);
    enum fovea_status status = read_sets(adding, err);
    adding->contents = calloc(n, sizeof *adding->contents);
    adding->task->items = calloc(n, sizeof *adding->task->items);
    bool has_memory = adding->contents && adding->task->items;
    for (size_t i = 0; !status && i < adding->n_sets; i++) {
        size_t size = adding->sets[i].key.dimension * sizeof(float);
        adding->vectors[i] = calloc(n, size);
        has_memory = has_memory && adding->vectors[i];
    }
    if (!status && !has_memory) {
        status = fovea_fail_memory(err, n, "items");
    }
    for (size_t i = 0; !status && i < n; i++) {
        if (!read_bytes(adding, i)) {
            status = digest(&adding->task->items[i], &adding->contents[i], err);
        }
    }
    return status;
}

/* All of it in one commit: it is all there, or none of it. */
static enum fovea_status
write_all(struct adding *adding, struct fovea_error *err)
{
    enum fovea_status status =
            fovea_index_folder_open(adding->task->task.index->path,
                    FOVEA_INDEX_WRITE, &adding->folder, err);
    for (size_t i = 0; !status && i < count(adding); i++) {
        if (!adding->task->items[i].error.code) {
            status = write_down(adding, i, err);
        }
    }
    if (!status) {
        status = fovea_index_commit(adding->folder, err);
    }
    fovea_index_folder_close(adding->folder);
    return status;
}

static enum fovea_status
add_all(struct adding *adding)
{
    struct fovea_error *err = &adding->task->task.complaint.error;
    enum fovea_status status = prepare(adding, err);
    if (!status) {
        status = check_items(adding);
    }
    for (size_t i = 0; !status && i < adding->n_sets; i++) {
        status = embed(adding, i, err);
    }
    if (!status) {
        status = check_items(adding);
    }
    return status ? status : write_all(adding, err);
}

void
fovea_add_items(struct fovea_index_task *task)
{
    struct adding adding = { .task = (struct fovea_add_task *)task };
    if (!add_all(&adding)) {
        write_answer(&adding);
    }
    for (size_t i = 0; i < MAX_SETS; i++) {
        free(adding.vectors[i]);
    }
    free(adding.contents);
}
