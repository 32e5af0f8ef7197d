/*
 * Requests in JSON.
 *
 * The skeleton, with small limits, against jansson on the whole text: what one
 * takes the other must take, and every string and number must come out the
 * same. Then the request: whatever is accepted keeps the promises of its
 * header, whatever is refused gets a message.
 */
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "fuzz.h"
#include "server/embed_request_parse.h"
#include "server/item.h"
#include "server/skeleton.h"

enum {
    MAX_ITEMS = 4,
    LONG_SIZE = 12,
    MANY = 1 << 20
};

static char *
copy_of(const uint8_t *data, size_t size)
{
    char *body = malloc(size + !size);
    FOVEA_ASSERT(body);
    memcpy(body, data, size);
    return body;
}

static void
check_strings(const struct fovea_skeleton *skeleton, const json_t *ours,
        const json_t *theirs)
{
    size_t size = 0;
    const char *text = fovea_skeleton_string(skeleton, ours, &size);
    FOVEA_ASSERT(size == json_string_length(theirs));
    FOVEA_ASSERT(memcmp(text, json_string_value(theirs), size + 1) == 0);
}

/* The same walk through both trees. The skeleton's depth is bounded. */
static void
/* NOLINTNEXTLINE(misc-no-recursion) */
check_same(const struct fovea_skeleton *skeleton, json_t *ours, json_t *theirs)
{
    FOVEA_ASSERT(ours && json_typeof(ours) == json_typeof(theirs));
    if (json_is_string(ours)) {
        check_strings(skeleton, ours, theirs);
    } else if (json_is_real(ours)) {
        FOVEA_ASSERT(json_real_value(ours) == json_real_value(theirs));
    }
    FOVEA_ASSERT(json_array_size(ours) == json_array_size(theirs));
    for (size_t i = 0; i < json_array_size(ours); i++) {
        check_same(skeleton, json_array_get(ours, i),
                json_array_get(theirs, i));
    }
    FOVEA_ASSERT(json_object_size(ours) == json_object_size(theirs));
    /* Both keep the order of the text. */
    void *at = json_object_iter(ours);
    for (void *their_at = json_object_iter(theirs); their_at;
            their_at = json_object_iter_next(theirs, their_at)) {
        FOVEA_ASSERT(strcmp(json_object_iter_key(at) + 1,
                             json_object_iter_key(their_at)) == 0);
        check_same(skeleton, json_object_iter_value(at),
                json_object_iter_value(their_at));
        at = json_object_iter_next(ours, at);
    }
}

static bool
is_json(enum fovea_status status)
{
    return status == FOVEA_OK || status == FOVEA_ERR_JSON ||
            status == FOVEA_ERR_TOO_MANY_ITEMS ||
            status == FOVEA_ERR_BODY_TOO_LARGE;
}

/* What our limits forbid, and jansson's do not. */
static bool
is_of_limits(const struct fovea_error *error)
{
    return error->code != FOVEA_ERR_JSON || strstr(error->message, "more than");
}

static void
check_skeleton(const uint8_t *data, size_t size)
{
    static const struct fovea_skeleton_limits limits = {
        .long_size = LONG_SIZE,
        .max_long = MANY,
        .max_parts = MANY,
        .max_size = MANY,
    };
    struct fovea_skeleton skeleton = { 0 };
    struct fovea_error error = { .code = FOVEA_OK };
    FOVEA_AUTO_FREE char *body = copy_of(data, size);
    json_t *whole = json_loadb((const char *)data, size,
            JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
    enum fovea_status status =
            fovea_skeleton_parse(body, size, &limits, &skeleton, &error);
    FOVEA_ASSERT(is_json(status) && status == error.code);
    if (status) {
        FOVEA_ASSERT(error.message[0] && !skeleton.tree && !skeleton.strings);
        FOVEA_ASSERT(!json_is_object(whole) || is_of_limits(&error));
    } else {
        check_same(&skeleton, skeleton.tree, whole);
    }
    json_decref(whole);
    fovea_skeleton_finish(&skeleton);
}

static void
check_item(const struct fovea_request_item *item)
{
    const struct fovea_item *what = &item->item;
    FOVEA_ASSERT(!item->owned);
    if (item->error.code) {
        FOVEA_ASSERT(item->error.code == FOVEA_ERR_ARGUMENT ||
                item->error.code == FOVEA_ERR_BASE64 ||
                item->error.code == FOVEA_ERR_URL);
        FOVEA_ASSERT(item->error.message[0] && !what->data);
        return;
    }
    if (!what->data) {
        FOVEA_ASSERT(item->id && item->id[0] && item->weight != 0);
        return;
    }
    FOVEA_ASSERT(strlen(what->data) == what->size);
    if (what->kind == FOVEA_ITEM_TEXT) {
        struct fovea_error error;
        fovea_item_refuse_text(item, "a", NULL, &error);
        FOVEA_ASSERT(error.code == FOVEA_ERR_TEXT_UNSUPPORTED ||
                (error.code == FOVEA_ERR_ARGUMENT && item->is_by_rule));
        return;
    }
    FOVEA_ASSERT(what->kind == FOVEA_ITEM_IMAGE_BASE64 ||
            what->kind == FOVEA_ITEM_IMAGE_URL);
    FOVEA_ASSERT(what->size > 0);
}

static void
check_labels(const struct fovea_embed_request *request)
{
    FOVEA_ASSERT(request->labels.n <= MAX_ITEMS);
    for (size_t i = 0; i < request->labels.n; i++) {
        const struct fovea_request_item *item =
                &request->items[request->n_items + i];
        FOVEA_ASSERT(item->item.kind == FOVEA_ITEM_TEXT && !item->error.code);
        FOVEA_ASSERT(strstr(item->item.data, request->labels.names[i]));
    }
}

static void
check_search(const struct fovea_embed_request *request)
{
    const struct fovea_request_search *search = &request->search;
    FOVEA_ASSERT(search->n_minus < request->n_items);
    FOVEA_ASSERT(!search->is_asked ||
            (search->min_score >= -1 && search->min_score <= 1));
    for (size_t i = 0; i < search->paths.n; i++) {
        FOVEA_ASSERT(search->paths.all[i][0]);
    }
    for (size_t i = 0; i < search->not_paths.n; i++) {
        FOVEA_ASSERT(search->not_paths.all[i][0]);
    }
}

static void
check_request(const uint8_t *data, size_t size, fovea_request_parse_fn *parse)
{
    struct fovea_embed_request request = { 0 };
    struct fovea_http_complaint complaint = { .param = "" };
    FOVEA_AUTO_FREE char *body = copy_of(data, size);
    enum fovea_status status =
            parse(body, size, MAX_ITEMS, &request, &complaint);
    FOVEA_ASSERT(status == complaint.error.code);
    if (status) {
        FOVEA_ASSERT(is_json(status) || status == FOVEA_ERR_ARGUMENT);
        FOVEA_ASSERT(complaint.error.message[0] && !request.items);
        return;
    }
    FOVEA_ASSERT(request.n_items > 0 && request.n_items <= MAX_ITEMS);
    FOVEA_ASSERT(
            request.is_list || request.n_items == 1 + request.search.n_minus);
    for (size_t i = 0; i < request.n_items; i++) {
        char param[FOVEA_HTTP_PARAM_SIZE];
        check_item(&request.items[i]);
        fovea_embed_request_param(&request, i, param);
        const char *name = i < request.n_items - request.search.n_minus
                ? request.list_name
                : "minus[";
        FOVEA_ASSERT(strncmp(param, name, strlen(name)) == 0);
    }
    check_labels(&request);
    check_search(&request);
    fovea_embed_request_finish(&request);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_skeleton(data, size);
    check_request(data, size, fovea_embed_request_parse);
    check_request(data, size, fovea_classify_request_parse);
    check_request(data, size, fovea_search_body_parse);
    check_request(data, size, fovea_items_request_parse);
    return 0;
}
