/* Requests, and reading them from JSON: see request.h. */
#include "server/request.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/size.h"
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
    SPARE_SIZE = 1 << 20,
    SHOWN_SIZE = 32
};

static const char *const list_names[] = { "input", "inputs", "images" };

/* One of the settings. */
struct setting {
    const char *name;
    const char *expected;
    enum fovea_status (*set)(struct fovea_embed_request *request,
            const struct setting *setting, const char *value,
            struct fovea_complaint *complaint);
};

enum fovea_status
fovea_complain_with(struct fovea_complaint *complaint, enum fovea_status code,
        const char *param, const char *format, va_list arguments)
{
    char message[FOVEA_ERROR_MESSAGE_SIZE];
    (void)vsnprintf(message, sizeof message, format, arguments);
    (void)snprintf(complaint->param, sizeof complaint->param, "%s", param);
    return fovea_fail(&complaint->error, code, "%s", message);
}

enum fovea_status
fovea_complain(struct fovea_complaint *complaint, enum fovea_status code,
        const char *param, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    enum fovea_status status =
            fovea_complain_with(complaint, code, param, format, arguments);
    va_end(arguments);
    return status;
}

/* The value of a setting is another than it may be; text of the client's as it
 * may stand in a message. */
static enum fovea_status
refuse(const struct setting *setting, const char *value,
        struct fovea_complaint *complaint)
{
    char shown[SHOWN_SIZE];
    (void)snprintf(shown, sizeof shown, "%s", value);
    for (char *c = shown; *c; c++) {
        if (*c < ' ' || *c > '~') {
            *c = '?';
        }
    }
    return fovea_complain(complaint, FOVEA_ERR_ARGUMENT, setting->name,
            "%s must be %s, not \"%s%s\"", setting->name, setting->expected,
            shown, strlen(value) < sizeof shown ? "" : "...");
}

static enum fovea_status
set_model(struct fovea_embed_request *request, const struct setting *setting,
        const char *value, struct fovea_complaint *complaint)
{
    size_t size = strlen(value) + 1;
    char *model = malloc(size);
    if (!model) {
        return fovea_complain(complaint, FOVEA_ERR_NO_MEMORY, setting->name,
                "cannot allocate %zu bytes for the model's name", size);
    }
    memcpy(model, value, size);
    free(request->model);
    request->model = model;
    return FOVEA_OK;
}

static enum fovea_status
set_encoding(struct fovea_embed_request *request, const struct setting *setting,
        const char *value, struct fovea_complaint *complaint)
{
    if (strcmp(value, "float") == 0) {
        request->encoding = FOVEA_ENCODING_FLOAT;
    } else if (strcmp(value, "base64") == 0) {
        request->encoding = FOVEA_ENCODING_BASE64;
    } else {
        return refuse(setting, value, complaint);
    }
    return FOVEA_OK;
}

static enum fovea_status
set_dimensions(struct fovea_embed_request *request,
        const struct setting *setting, const char *value,
        struct fovea_complaint *complaint)
{
    uint64_t number = 0;
    for (const char *digit = value; *digit; digit++) {
        if (*digit < '0' || *digit > '9') {
            return refuse(setting, value, complaint);
        }
        number = number * 10 + (uint64_t)(*digit - '0');
        if (number > UINT32_MAX) {
            return refuse(setting, value, complaint);
        }
    }
    request->dimensions = (uint32_t)number;
    return FOVEA_OK;
}

static enum fovea_status
set_on_error(struct fovea_embed_request *request, const struct setting *setting,
        const char *value, struct fovea_complaint *complaint)
{
    if (strcmp(value, "fail") == 0) {
        request->on_error_item = false;
    } else if (strcmp(value, "item") == 0) {
        request->on_error_item = true;
    } else {
        return refuse(setting, value, complaint);
    }
    return FOVEA_OK;
}

static enum fovea_status
set_modality(struct fovea_embed_request *request, const struct setting *setting,
        const char *value, struct fovea_complaint *complaint)
{
    (void)request;
    return strcmp(value, "image") == 0 ? FOVEA_OK
                                       : refuse(setting, value, complaint);
}

static const struct setting settings[] = {
    { "model", "a model's name", set_model },
    { "encoding_format", "\"float\" or \"base64\"", set_encoding },
    { "dimensions", "an integer from 0 to 4294967295", set_dimensions },
    { "on_error", "\"fail\" or \"item\"", set_on_error },
    { "modality", "\"image\" (text and audio are not served)", set_modality },
};

enum fovea_status
fovea_embed_request_set(struct fovea_embed_request *request, const char *name,
        const char *value, struct fovea_complaint *complaint)
{
    /* A form sends its empty fields along. */
    for (size_t i = 0; *value && i < FOVEA_ARRAY_LEN(settings); i++) {
        if (strcmp(name, settings[i].name) == 0) {
            return settings[i].set(request, &settings[i], value, complaint);
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
wrong_type(const char *name, const char *expected, const json_t *json,
        struct fovea_complaint *complaint)
{
    return fovea_complain(complaint, FOVEA_ERR_ARGUMENT, name,
            "%s must be %s, not %s", name, expected, fovea_skeleton_kind(json));
}

static enum fovea_status
read_dimensions(struct fovea_embed_request *request,
        const struct setting *setting, const json_t *json,
        struct fovea_complaint *complaint)
{
    if (!json_is_number(json)) {
        return wrong_type(setting->name, setting->expected, json, complaint);
    }
    double number = json_number_value(json);
    if (!(number >= 0 && number <= UINT32_MAX) || number != floor(number)) {
        return fovea_complain(complaint, FOVEA_ERR_ARGUMENT, setting->name,
                "%s must be %s, not %.10g", setting->name, setting->expected,
                number);
    }
    request->dimensions = (uint32_t)number;
    return FOVEA_OK;
}

static enum fovea_status
read_setting(const struct fovea_skeleton *skeleton,
        const struct setting *setting, struct fovea_embed_request *request,
        struct fovea_complaint *complaint)
{
    const json_t *json = fovea_skeleton_field(skeleton->tree, setting->name);
    if (!json) {
        return FOVEA_OK;
    }
    if (setting->set == set_dimensions) {
        return read_dimensions(request, setting, json, complaint);
    }
    if (!json_is_string(json)) {
        return wrong_type(setting->name, setting->expected, json, complaint);
    }
    size_t size = 0;
    const char *value = fovea_skeleton_string(skeleton, json, &size);
    if (size > LONG_SIZE) {
        return fovea_complain(complaint, FOVEA_ERR_ARGUMENT, setting->name,
                "%s must be %s, not %zu bytes of text", setting->name,
                setting->expected, size);
    }
    return fovea_embed_request_set(request, setting->name, value, complaint);
}

/* Find the list of images, by the one of its names that is given. */
static enum fovea_status
find_list(const struct fovea_skeleton *skeleton, const char **name_out,
        const json_t **list_out, struct fovea_complaint *complaint)
{
    const char *name = NULL;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(list_names); i++) {
        if (!fovea_skeleton_field(skeleton->tree, list_names[i])) {
            continue;
        }
        if (name) {
            return fovea_complain(complaint, FOVEA_ERR_ARGUMENT, list_names[i],
                    "\"%s\" and \"%s\" are both given: they name the same list",
                    name, list_names[i]);
        }
        name = list_names[i];
    }
    if (!name) {
        return fovea_complain(complaint, FOVEA_ERR_ARGUMENT, list_names[0],
                "\"input\" is missing: an image or a list of images");
    }
    *name_out = name;
    *list_out = fovea_skeleton_field(skeleton->tree, name);
    return FOVEA_OK;
}

static enum fovea_status
check_list(const char *name, const json_t *list, size_t max_items,
        struct fovea_complaint *complaint)
{
    if (!json_is_array(list) && !json_is_object(list) &&
            !json_is_string(list)) {
        return wrong_type(name, "a string, an object or a list of them", list,
                complaint);
    }
    size_t n_items = json_is_array(list) ? json_array_size(list) : 1;
    if (n_items == 0) {
        return fovea_complain(complaint, FOVEA_ERR_ARGUMENT, name,
                "%s is empty", name);
    }
    if (n_items > max_items) {
        return fovea_complain(complaint, FOVEA_ERR_TOO_MANY_ITEMS, name,
                "%s has %zu images, at most %zu are taken", name, n_items,
                max_items);
    }
    return FOVEA_OK;
}

static enum fovea_status
read_items(const struct fovea_skeleton *skeleton, size_t max_items,
        struct fovea_embed_request *request, struct fovea_complaint *complaint)
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
        return fovea_complain(complaint, FOVEA_ERR_NO_MEMORY,
                request->list_name,
                "cannot allocate %zu bytes for the images' places",
                request->n_items * sizeof *request->items);
    }
    for (size_t i = 0; i < request->n_items; i++) {
        fovea_item_read(skeleton,
                request->is_list ? json_array_get(list, i) : list,
                &request->items[i]);
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
        struct fovea_embed_request *request, struct fovea_complaint *complaint)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(settings); i++) {
        enum fovea_status status =
                read_setting(skeleton, &settings[i], request, complaint);
        if (status) {
            return status;
        }
    }
    return read_items(skeleton, max_items, request, complaint);
}

enum fovea_status
fovea_embed_request_parse(char *body, size_t size, size_t max_items,
        struct fovea_embed_request *request_out,
        struct fovea_complaint *complaint)
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
        return fovea_complain(complaint, status, "", "%s", error.message);
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

void
fovea_embed_request_param(const struct fovea_embed_request *request,
        size_t index, char param_out[FOVEA_PARAM_SIZE])
{
    const char *name = request->list_name ? request->list_name : "";
    if (request->is_list) {
        (void)snprintf(param_out, FOVEA_PARAM_SIZE, "%s[%zu]", name, index);
    } else {
        (void)snprintf(param_out, FOVEA_PARAM_SIZE, "%s", name);
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
