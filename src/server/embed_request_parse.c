/* Requests from JSON: see embed_request_parse.h. */
#include "server/embed_request_parse.h"

#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/size.h"
#include "option/limits.h"
#include "server/fields.h"
#include "server/item.h"
#include "server/label_list.h"
#include "server/search_fields.h"
#include "server/skeleton.h"

/*
 * What a body may hold beside its items. An item has at most a dozen parts,
 * {"content":[{"type":"image_url","image_url":{"url":S,"detail":"auto"}}]}. With
 * the default number of items a tree of nothing but empty objects takes 8 MB
 * (245 bytes each), and the skeleton at most 4 MB, twice: a body's memory stays
 * below its size and 20 MB.
 */
enum {
    LONG_SIZE = 1024, /* of a string that the parser does not get */
    SPARE_LONG = 64,  /* long strings that are no items */
    PARTS_PER_ITEM = 16,
    SPARE_PARTS = 4096,
    SIZE_PER_ITEM = LONG_SIZE + 512,
    SPARE_SIZE = 1 << 20
};

/* vLLM's messages are one embedding of all that they say, so there is one, of
 * one image or text. */
static const char messages[] = "messages";

/* The names of the list, and what strings are that stand for themselves in it. */
static const struct list_name {
    const char *name;
    enum fovea_strings strings;
} list_names[] = {
    { "input", FOVEA_STRINGS_BY_RULE },
    { "inputs", FOVEA_STRINGS_BY_RULE },
    { "images", FOVEA_STRINGS_ARE_IMAGES },
    { "texts", FOVEA_STRINGS_ARE_TEXTS },
    { messages, FOVEA_STRINGS_BY_RULE },
};

static enum fovea_status
wrong_type(const char *name, const char *expected, const json_t *json,
        struct fovea_http_complaint *complaint)
{
    return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, name,
            "%s must be %s, not %s", name, expected, fovea_skeleton_kind(json));
}

/* The one name of the list of items that is given; NULL and a complaint. */
static const struct list_name *
find_list(const struct fovea_skeleton *skeleton,
        struct fovea_http_complaint *complaint)
{
    const struct list_name *found = NULL;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(list_names); i++) {
        const char *name = list_names[i].name;
        if (!fovea_skeleton_field(skeleton->tree, name)) {
            continue;
        }
        if (found) {
            (void)fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, name,
                    "\"%s\" and \"%s\" are both given: they name the same "
                    "list",
                    found->name, name);
            return NULL;
        }
        found = &list_names[i];
    }
    if (!found) {
        (void)fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT,
                list_names[0].name,
                "\"input\" is missing: an image, a text or a list of them");
    }
    return found;
}

/* What strings of the list are, by its name or by the request's modality. */
static enum fovea_status
settle_strings(const struct list_name *name,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    if (name->strings == FOVEA_STRINGS_BY_RULE ||
            request->strings == name->strings) {
        return FOVEA_OK;
    }
    if (request->strings != FOVEA_STRINGS_BY_RULE) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, "modality",
                "modality is \"%s\", and \"%s\" are given",
                request->strings == FOVEA_STRINGS_ARE_TEXTS ? "text" : "image",
                name->name);
    }
    request->strings = name->strings;
    return FOVEA_OK;
}

static enum fovea_status
check_list(const char *name, const json_t *list, size_t max_items,
        struct fovea_http_complaint *complaint)
{
    if (!json_is_array(list) && !json_is_object(list) &&
            !json_is_string(list)) {
        return wrong_type(name, "a string, an object or a list of them", list,
                complaint);
    }
    size_t n_items = json_is_array(list) ? json_array_size(list) : 1;
    if (n_items == 0) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, name,
                "%s is empty", name);
    }
    if (fovea_item_is_tokens(list)) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, name,
                "%s is " FOVEA_TOKENS_TEXT, name);
    }
    if (name == messages && (!json_is_array(list) || n_items > 1)) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, name,
                "messages must be a list of one message, whose content is one "
                "image or one text: all messages together are one embedding; "
                "those each of their own are given in \"input\"");
    }
    if (n_items > max_items) {
        return fovea_http_complain(complaint, FOVEA_ERR_TOO_MANY_ITEMS, name,
                "%s has %zu items, at most %zu are taken %s", name, n_items,
                max_items, fovea_limit_by(FOVEA_OPTION_ITEMS));
    }
    return FOVEA_OK;
}

/* How an item of a list is read. */
typedef void read_item_fn(const struct fovea_skeleton *skeleton,
        const json_t *json, enum fovea_strings strings,
        struct fovea_request_item *item_out);

/* Read the items of a list, or the one there is, behind those that are there. */
static enum fovea_status
add_items(const struct fovea_skeleton *skeleton, const json_t *list,
        read_item_fn *read, struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    size_t n = json_is_array(list) ? json_array_size(list) : 1;
    size_t n_all = fovea_embed_request_size(request) + n;
    struct fovea_request_item *items =
            realloc(request->items, n_all * sizeof *items);
    if (!items) {
        return fovea_http_complain(complaint, FOVEA_ERR_NO_MEMORY,
                request->list_name,
                "cannot allocate %zu bytes for the items' places",
                n_all * sizeof *items);
    }
    memset(items + request->n_items, 0,
            (n_all - request->n_items) * sizeof *items);
    request->items = items;
    for (size_t i = 0; i < n; i++) {
        read(skeleton, json_is_array(list) ? json_array_get(list, i) : list,
                request->strings, &items[request->n_items++]);
    }
    return FOVEA_OK;
}

static enum fovea_status
read_items(const struct fovea_skeleton *skeleton, size_t max_items,
        read_item_fn *read, struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    const struct list_name *name = find_list(skeleton, complaint);
    if (!name) {
        return complaint->error.code;
    }
    const json_t *list = fovea_skeleton_field(skeleton->tree, name->name);
    enum fovea_status status = settle_strings(name, request, complaint);
    if (!status) {
        status = check_list(name->name, list, max_items, complaint);
    }
    if (status) {
        return status;
    }
    request->list_name = name->name;
    request->is_list = json_is_array(list);
    return add_items(skeleton, list, read, request, complaint);
}

/* n * max_items + spare, or no limit where that is too large to count. */
static size_t
limit_of(size_t n, size_t max_items, size_t spare)
{
    size_t limit = SIZE_MAX;
    return fovea_mul_size(max_items, n, &limit) &&
                    fovea_add_size(limit, spare, &limit)
            ? limit
            : SIZE_MAX;
}

/* What is read from a body. */
typedef enum fovea_status read_fn(const struct fovea_skeleton *skeleton,
        size_t max_items, struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint);

static enum fovea_status
read_request(const struct fovea_skeleton *skeleton, size_t max_items,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    enum fovea_status status = fovea_fields_read(skeleton, request, complaint);
    return status ? status
                  : read_items(skeleton, max_items, fovea_item_read, request,
                            complaint);
}

/* What is subtracted stands behind what is added. */
static enum fovea_status
read_minus(const struct fovea_skeleton *skeleton, size_t max_items,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    static const char name[] = "minus";
    const json_t *list = fovea_skeleton_field(skeleton->tree, name);
    if (!list) {
        return FOVEA_OK;
    }
    size_t n_before = request->n_items;
    enum fovea_status status =
            check_list(name, list, max_items - n_before, complaint);
    if (!status) {
        status = add_items(skeleton, list, fovea_search_item_read, request,
                complaint);
    }
    request->search.n_minus = request->n_items - n_before;
    for (size_t i = n_before; i < request->n_items; i++) {
        request->items[i].weight = -request->items[i].weight;
    }
    return status;
}

static enum fovea_status
read_search(const struct fovea_skeleton *skeleton, size_t max_items,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    enum fovea_status status =
            fovea_search_fields_read(skeleton, request, complaint);
    if (!status) {
        status = read_items(skeleton, max_items, fovea_search_item_read,
                request, complaint);
    }
    return status ? status
                  : read_minus(skeleton, max_items, request, complaint);
}

/* Of a list of images, each with the id that it is added under. */
static enum fovea_status
read_named(const struct fovea_skeleton *skeleton, size_t max_items,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    enum fovea_status status = fovea_fields_read(skeleton, request, complaint);
    return status ? status
                  : read_items(skeleton, max_items, fovea_named_item_read,
                            request, complaint);
}

static enum fovea_status
read_labelled(const struct fovea_skeleton *skeleton, size_t max_items,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    enum fovea_status status =
            fovea_labels_read(skeleton, max_items, request, complaint);
    if (!status) {
        status = read_request(skeleton, max_items, request, complaint);
    }
    return status ? status : fovea_labels_make_texts(request, complaint);
}

static enum fovea_status
parse(char *body, size_t size, size_t max_items, read_fn *read,
        struct fovea_embed_request *request_out,
        struct fovea_http_complaint *complaint)
{
    const struct fovea_skeleton_limits limits = {
        .long_size = LONG_SIZE,
        .max_long = limit_of(1, max_items, SPARE_LONG),
        .max_parts = limit_of(PARTS_PER_ITEM, max_items, SPARE_PARTS),
        .max_size = limit_of(SIZE_PER_ITEM, max_items, SPARE_SIZE),
    };
    FOVEA_AUTO(fovea_skeleton_finish)
    struct fovea_skeleton skeleton = { 0 };
    struct fovea_error error;
    enum fovea_status status =
            fovea_skeleton_parse(body, size, &limits, &skeleton, &error);
    if (status) {
        return fovea_http_complain(complaint, status, "", "%s", error.message);
    }
    struct fovea_embed_request request = { 0 };
    status = read(&skeleton, max_items, &request, complaint);
    if (status) {
        fovea_embed_request_finish(&request);
        return status;
    }
    request.tree = FOVEA_TAKE(skeleton.tree);
    *request_out = request;
    return FOVEA_OK;
}

enum fovea_status
fovea_embed_request_parse(char *body, size_t size, size_t max_items,
        struct fovea_embed_request *request_out,
        struct fovea_http_complaint *complaint)
{
    return parse(body, size, max_items, read_request, request_out, complaint);
}

enum fovea_status
fovea_classify_request_parse(char *body, size_t size, size_t max_items,
        struct fovea_embed_request *request_out,
        struct fovea_http_complaint *complaint)
{
    return parse(body, size, max_items, read_labelled, request_out, complaint);
}

enum fovea_status
fovea_search_body_parse(char *body, size_t size, size_t max_items,
        struct fovea_embed_request *request_out,
        struct fovea_http_complaint *complaint)
{
    return parse(body, size, max_items, read_search, request_out, complaint);
}

enum fovea_status
fovea_items_request_parse(char *body, size_t size, size_t max_items,
        struct fovea_embed_request *request_out,
        struct fovea_http_complaint *complaint)
{
    return parse(body, size, max_items, read_named, request_out, complaint);
}
