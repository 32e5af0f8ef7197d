/* Requests from JSON: see embed_request_parse.h. */
#include "server/embed_request_parse.h"

#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/size.h"
#include "option/limits.h"
#include "server/fields.h"
#include "server/item.h"
#include "server/skeleton.h"

/*
 * What a body may hold beside its images. An item has at most a dozen parts,
 * {"content":[{"type":"image_url","image_url":{"url":S,"detail":"auto"}}]}. With
 * the default number of items a tree of nothing but empty objects takes 8 MB
 * (245 bytes each), and the skeleton at most 4 MB, twice: a body's memory stays
 * below its size and 20 MB.
 */
enum {
    LONG_SIZE = 1024, /* of a string that the parser does not get */
    SPARE_LONG = 64,  /* long strings that are no images */
    PARTS_PER_ITEM = 16,
    SPARE_PARTS = 4096,
    SIZE_PER_ITEM = LONG_SIZE + 512,
    SPARE_SIZE = 1 << 20
};

/* vLLM's messages are one embedding of all that they say, so there is one, of
 * one image. */
static const char messages[] = "messages";

static const char *const list_names[] = { "input", "inputs", "images",
    messages };

static enum fovea_status
wrong_type(const char *name, const char *expected, const json_t *json,
        struct fovea_http_complaint *complaint)
{
    return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, name,
            "%s must be %s, not %s", name, expected, fovea_skeleton_kind(json));
}

/* Find the list of images, by the one of its names that is given. */
static enum fovea_status
find_list(const struct fovea_skeleton *skeleton, const char **name_out,
        const json_t **list_out, struct fovea_http_complaint *complaint)
{
    const char *name = NULL;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(list_names); i++) {
        if (!fovea_skeleton_field(skeleton->tree, list_names[i])) {
            continue;
        }
        if (name) {
            return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT,
                    list_names[i],
                    "\"%s\" and \"%s\" are both given: they name the same list",
                    name, list_names[i]);
        }
        name = list_names[i];
    }
    if (!name) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, list_names[0],
                "\"input\" is missing: an image or a list of images");
    }
    *name_out = name;
    *list_out = fovea_skeleton_field(skeleton->tree, name);
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
        return fovea_http_complain(complaint, FOVEA_ERR_TEXT_UNSUPPORTED, name,
                "%s is " FOVEA_TOKENS_TEXT, name);
    }
    if (name == messages && (!json_is_array(list) || n_items > 1)) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, name,
                "messages must be a list of one message, whose content is one "
                "image: all messages together are one embedding; images each "
                "of their own are given in \"input\"");
    }
    if (n_items > max_items) {
        return fovea_http_complain(complaint, FOVEA_ERR_TOO_MANY_ITEMS, name,
                "%s has %zu images, at most %zu are taken %s", name, n_items,
                max_items, fovea_limit_by(FOVEA_OPTION_ITEMS));
    }
    return FOVEA_OK;
}

static enum fovea_status
read_items(const struct fovea_skeleton *skeleton, size_t max_items,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    const json_t *list = NULL;
    enum fovea_status status =
            find_list(skeleton, &request->list_name, &list, complaint);
    if (!status) {
        status = check_list(request->list_name, list, max_items, complaint);
    }
    if (status) {
        return status;
    }
    request->is_list = json_is_array(list);
    request->n_items = request->is_list ? json_array_size(list) : 1;
    request->items = calloc(request->n_items, sizeof *request->items);
    if (!request->items) {
        return fovea_http_complain(complaint, FOVEA_ERR_NO_MEMORY,
                request->list_name,
                "cannot allocate %zu bytes for the images' places",
                request->n_items * sizeof *request->items);
    }
    for (size_t i = 0; i < request->n_items; i++) {
        fovea_item_read(skeleton,
                request->is_list ? json_array_get(list, i) : list,
                request->is_image_only, &request->items[i]);
    }
    return FOVEA_OK;
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

static enum fovea_status
read_request(const struct fovea_skeleton *skeleton, size_t max_items,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    enum fovea_status status = fovea_fields_read(skeleton, request, complaint);
    return status ? status
                  : read_items(skeleton, max_items, request, complaint);
}

enum fovea_status
fovea_embed_request_parse(char *body, size_t size, size_t max_items,
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
    status = read_request(&skeleton, max_items, &request, complaint);
    if (status) {
        fovea_embed_request_finish(&request);
        return status;
    }
    request.tree = FOVEA_TAKE(skeleton.tree);
    *request_out = request;
    return FOVEA_OK;
}
