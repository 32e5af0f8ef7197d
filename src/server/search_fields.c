/* What is asked of an index: see search_fields.h. */
#include "server/search_fields.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/number.h"
#include "server/field.h"
#include "server/fields.h"
#include "server/item.h"

enum {
    MAX_ID = 128, /* bytes; with the rest of a path it fits one */
    MAX_TEXT = 1024,
    MAX_WEIGHT = 1000,
    SHOWN = 30
};

static const char ending[] = "/thumbnail";

static enum fovea_status
set_index(struct fovea_embed_request *request, const struct fovea_field *field,
        const char *value, struct fovea_http_complaint *complaint)
{
    (void)field;
    request->search.index = strdup(value);
    return request->search.index ? FOVEA_OK
                                 : fovea_fail_memory(&complaint->error,
                                           strlen(value), "an index's name");
}

static enum fovea_status
set_n(struct fovea_embed_request *request, const struct fovea_field *field,
        const char *value, struct fovea_http_complaint *complaint)
{
    uint64_t n = 0;
    if (!fovea_number_parse(value, &n) || n == 0 || n > UINT32_MAX) {
        return fovea_field_refuse(field, value, complaint);
    }
    request->search.n = (uint32_t)n;
    return FOVEA_OK;
}

/* Fields that requests for vectors have as well. */
static enum fovea_status
set_as_ever(struct fovea_embed_request *request,
        const struct fovea_field *field, const char *value,
        struct fovea_http_complaint *complaint)
{
    return fovea_fields_set(request, field->name, value, complaint);
}

#define CUT "true or \"END\" (cut) or false or \"NONE\" (refused)"

/* In the order of docs/HTTP.md. */
static const struct fovea_field search_fields[] = {
    { "index", FOVEA_FIELD_TEXT, "an index's name", set_index },
    { "model", FOVEA_FIELD_TEXT, "a model's name", set_as_ever },
    { "n", FOVEA_FIELD_NUMBER, "an integer from 1", set_n },
    { "modality", FOVEA_FIELD_TEXT,
            "\"image\" or \"text\" (audio is not served)", set_as_ever },
    { "truncate", FOVEA_FIELD_EITHER, CUT, set_as_ever },
};

/* Fields that other functions read. */
static const char *const other_fields[] = { "input", "inputs", "images",
    "texts", "minus", "min_score", "filter" };

static const char *const filter_fields[] = { "paths", "not_paths", "since",
    "until" };

static bool
is_among(const char *name, const char *const *names, size_t n)
{
    size_t i = 0;
    while (i < n && strcmp(name, names[i]) != 0) {
        i++;
    }
    return i < n;
}

static bool
is_field(const char *name)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(search_fields); i++) {
        if (strcmp(name, search_fields[i].name) == 0) {
            return true;
        }
    }
    return is_among(name, other_fields, FOVEA_ARRAY_LEN(other_fields));
}

static bool
is_field_of_filter(const char *name)
{
    return is_among(name, filter_fields, FOVEA_ARRAY_LEN(filter_fields));
}

/* That an object, or all of the body, has no fields that it should not have. */
static enum fovea_status
check_names(const struct fovea_skeleton *skeleton, const char *of,
        bool (*is_known)(const char *name),
        struct fovea_http_complaint *complaint)
{
    const char *name = fovea_skeleton_unknown(skeleton, of, is_known);
    if (!name) {
        return FOVEA_OK;
    }
    char shown[SHOWN];
    (void)snprintf(shown, sizeof shown, "%s", name);
    for (char *c = shown; *c; c++) {
        *c = *c < ' ' || *c > '~' ? '?' : *c;
    }
    return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, of ? of : "",
            "%s has no field \"%s\"", of ? of : "a search", shown);
}

/* A copy of a string of a filter. */
static enum fovea_status
read_string(const struct fovea_skeleton *skeleton, const json_t *json,
        const char *who, char **copy_out,
        struct fovea_http_complaint *complaint)
{
    size_t size = 0;
    const char *text = json_is_string(json)
            ? fovea_skeleton_string(skeleton, json, &size)
            : NULL;
    if (!text || size == 0 || size > MAX_TEXT) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, who,
                "%s must be text of 1 to %d bytes, not %s", who, MAX_TEXT,
                text ? "so much or none" : fovea_skeleton_kind(json));
    }
    *copy_out = strdup(text);
    return *copy_out ? FOVEA_OK
                     : fovea_fail_memory(&complaint->error, size, "a filter");
}

/* A string or a list of them. */
static enum fovea_status
read_globs(const struct fovea_skeleton *skeleton, const json_t *json,
        const char *who, struct fovea_request_texts *texts,
        struct fovea_http_complaint *complaint)
{
    size_t n = json_is_array(json) ? json_array_size(json) : 1;
    texts->all = calloc(n + 1, sizeof *texts->all);
    if (!texts->all) {
        return fovea_fail_memory(&complaint->error, n, "globs");
    }
    enum fovea_status status = FOVEA_OK;
    while (texts->n < n && !status) {
        const json_t *one =
                json_is_array(json) ? json_array_get(json, texts->n) : json;
        status = read_string(skeleton, one, who, &texts->all[texts->n],
                complaint);
        texts->n += status == FOVEA_OK;
    }
    return status;
}

static enum fovea_status
read_filter(const struct fovea_skeleton *skeleton, const json_t *filter,
        struct fovea_request_search *search,
        struct fovea_http_complaint *complaint)
{
    if (!json_is_object(filter)) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, "filter",
                "filter must be an object, not %s",
                fovea_skeleton_kind(filter));
    }
    enum fovea_status status =
            check_names(skeleton, "filter", is_field_of_filter, complaint);
    const json_t *paths = fovea_skeleton_field(filter, "paths");
    const json_t *not_paths = fovea_skeleton_field(filter, "not_paths");
    const json_t *since = fovea_skeleton_field(filter, "since");
    const json_t *until = fovea_skeleton_field(filter, "until");
    if (!status && paths) {
        status = read_globs(skeleton, paths, "filter.paths", &search->paths,
                complaint);
    }
    if (!status && not_paths) {
        status = read_globs(skeleton, not_paths, "filter.not_paths",
                &search->not_paths, complaint);
    }
    if (!status && since) {
        status = read_string(skeleton, since, "filter.since", &search->since,
                complaint);
    }
    if (!status && until) {
        status = read_string(skeleton, until, "filter.until", &search->until,
                complaint);
    }
    return status;
}

static enum fovea_status
read_min_score(const json_t *tree, struct fovea_request_search *search,
        struct fovea_http_complaint *complaint)
{
    static const char name[] = "min_score";
    const json_t *json = fovea_skeleton_field(tree, name);
    if (!json) {
        return FOVEA_OK;
    }
    double score = json_is_number(json) ? json_number_value(json) : 2;
    if (!(score >= -1 && score <= 1)) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, name,
                "%s must be a number from -1 to 1", name);
    }
    search->min_score = (float)score;
    return FOVEA_OK;
}

enum fovea_status
fovea_search_fields_read(const struct fovea_skeleton *skeleton,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    request->search =
            (struct fovea_request_search){ .is_asked = true, .min_score = -1 };
    enum fovea_status status = check_names(skeleton, NULL, is_field, complaint);
    if (!status) {
        status = fovea_field_read_table(search_fields,
                FOVEA_ARRAY_LEN(search_fields), skeleton, request, complaint);
    }
    if (!status) {
        status = read_min_score(skeleton->tree, &request->search, complaint);
    }
    const json_t *filter = fovea_skeleton_field(skeleton->tree, "filter");
    return status || !filter
            ? status
            : read_filter(skeleton, filter, &request->search, complaint);
}

enum fovea_status
fovea_item_id_check(const char *id, struct fovea_error *err)
{
    size_t size = strlen(id);
    size_t n_ending = sizeof ending - 1;
    if (size == 0 || size > MAX_ID) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "an id has %zu bytes; 1 to %d are possible", size, MAX_ID);
    }
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)id[i] < ' ' || id[i] == 0x7f) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "an id has a control character");
        }
    }
    if (id[0] == '@') {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "an id that begins with @ is one of the index's own");
    }
    if (id[0] == '/' || id[size - 1] == '/' || strstr(id, "//") ||
            (size >= n_ending && strcmp(id + size - n_ending, ending) == 0)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "an id may not begin or end with a slash, have two in a row or "
                "end with %s: no URL could name it",
                ending);
    }
    return FOVEA_OK;
}

/* Copy the string of an object's "id", if it has one. */
static enum fovea_status
read_id(const struct fovea_skeleton *skeleton, const json_t *object,
        struct fovea_request_item *item)
{
    const json_t *json = fovea_skeleton_field(object, "id");
    if (!json) {
        return FOVEA_OK;
    }
    if (!json_is_string(json)) {
        return fovea_fail(&item->error, FOVEA_ERR_ARGUMENT,
                "\"id\" must be a string, not %s", fovea_skeleton_kind(json));
    }
    size_t size = 0;
    const char *id = fovea_skeleton_string(skeleton, json, &size);
    if (size == 0 || size > MAX_TEXT) {
        return fovea_item_id_check(id, &item->error);
    }
    item->id = strdup(id);
    return item->id ? FOVEA_OK : fovea_fail_memory(&item->error, size, "an id");
}

static float
read_weight(const json_t *object, struct fovea_error *err)
{
    const json_t *json = fovea_skeleton_field(object, "weight");
    if (!json) {
        return 1;
    }
    double weight = json_is_number(json) ? json_number_value(json) : 0;
    if (!(fabs(weight) <= MAX_WEIGHT) || (float)weight == 0) {
        (void)fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "\"weight\" must be a number from -%d to %d, and not 0",
                MAX_WEIGHT, MAX_WEIGHT);
    }
    return (float)weight;
}

/* As fovea_item_read(), but that what was read of the item before stays. */
static void
read_rest(const struct fovea_skeleton *skeleton, const json_t *json,
        enum fovea_strings strings, struct fovea_request_item *item)
{
    char *id = item->id;
    float weight = item->weight;
    fovea_item_read(skeleton, json, strings, item);
    item->id = id;
    item->weight = weight;
}

void
fovea_search_item_read(const struct fovea_skeleton *skeleton,
        const json_t *json, enum fovea_strings strings,
        struct fovea_request_item *item_out)
{
    struct fovea_request_item *item = item_out;
    *item = (struct fovea_request_item){ .weight = 1 };
    if (json_is_object(json)) {
        item->weight = read_weight(json, &item->error);
    }
    if (json_is_object(json) && !item->error.code) {
        (void)read_id(skeleton, json, item);
    }
    if (!item->id && !item->error.code) {
        read_rest(skeleton, json, strings, item);
    }
}

void
fovea_named_item_read(const struct fovea_skeleton *skeleton, const json_t *json,
        enum fovea_strings strings, struct fovea_request_item *item_out)
{
    struct fovea_request_item *item = item_out;
    *item = (struct fovea_request_item){ .owned = NULL };
    if (json_is_object(json)) {
        (void)read_id(skeleton, json, item);
    }
    if (!item->id && !item->error.code) {
        (void)fovea_fail(&item->error, FOVEA_ERR_ARGUMENT,
                "an item must be an object with an \"id\" and an \"image\"");
    }
    if (!item->error.code && !fovea_item_id_check(item->id, &item->error)) {
        read_rest(skeleton, json, strings, item);
    }
}
