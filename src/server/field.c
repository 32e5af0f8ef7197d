/* See field.h. */
#include "server/field.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    MAX_VALUE = 1024, /* bytes of a value */
    NUMBER_SIZE = 32,
    SHOWN_SIZE = 32
};

enum fovea_status
fovea_field_refuse(const struct fovea_field *field, const char *value,
        struct fovea_http_complaint *complaint)
{
    char shown[SHOWN_SIZE];
    const char *quote = field->kind == FOVEA_FIELD_TRUTH ? "" : "\"";
    (void)snprintf(shown, sizeof shown, "%s", value);
    for (char *c = shown; *c; c++) {
        if (*c < ' ' || *c > '~') {
            *c = '?';
        }
    }
    return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, field->name,
            "%s must be %s, not %s%s%s%s", field->name, field->expected, quote,
            shown, strlen(value) < sizeof shown ? "" : "...", quote);
}

static enum fovea_status
wrong_type(const struct fovea_field *field, const json_t *json,
        struct fovea_http_complaint *complaint)
{
    return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, field->name,
            "%s must be %s, not %s", field->name, field->expected,
            fovea_skeleton_kind(json));
}

static enum fovea_status
read_number(struct fovea_embed_request *request,
        const struct fovea_field *field, const json_t *json,
        struct fovea_http_complaint *complaint)
{
    if (!json_is_number(json)) {
        return wrong_type(field, json, complaint);
    }
    double number = json_number_value(json);
    char text[NUMBER_SIZE];
    if (!(number >= 0 && number <= UINT32_MAX) || number != floor(number)) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, field->name,
                "%s must be %s, not %.10g", field->name, field->expected,
                number);
    }
    (void)snprintf(text, sizeof text, "%.0f", number);
    return field->set(request, field, text, complaint);
}

static enum fovea_status
read_truth(struct fovea_embed_request *request, const struct fovea_field *field,
        const json_t *json, struct fovea_http_complaint *complaint)
{
    return json_is_boolean(json)
            ? field->set(request, field, json_is_true(json) ? "true" : "false",
                      complaint)
            : wrong_type(field, json, complaint);
}

static enum fovea_status
read_text(const struct fovea_skeleton *skeleton,
        struct fovea_embed_request *request, const struct fovea_field *field,
        const json_t *json, struct fovea_http_complaint *complaint)
{
    if (field->kind == FOVEA_FIELD_TEXTS && json_array_size(json) == 1) {
        json = json_array_get(json, 0);
    }
    if (!json_is_string(json)) {
        return wrong_type(field, json, complaint);
    }
    size_t size = 0;
    const char *value = fovea_skeleton_string(skeleton, json, &size);
    if (size > MAX_VALUE) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, field->name,
                "%s must be %s, not %zu bytes of text", field->name,
                field->expected, size);
    }
    return size > 0 ? field->set(request, field, value, complaint) : FOVEA_OK;
}

static enum fovea_status
read_field(const struct fovea_skeleton *skeleton,
        struct fovea_embed_request *request, const struct fovea_field *field,
        struct fovea_http_complaint *complaint)
{
    const json_t *json = fovea_skeleton_field(skeleton->tree, field->name);
    if (!json || !field->set) {
        return FOVEA_OK;
    }
    switch (field->kind) {
    case FOVEA_FIELD_NUMBER:
        return read_number(request, field, json, complaint);
    case FOVEA_FIELD_TRUTH:
        return read_truth(request, field, json, complaint);
    case FOVEA_FIELD_EITHER:
        return json_is_boolean(json)
                ? read_truth(request, field, json, complaint)
                : read_text(skeleton, request, field, json, complaint);
    case FOVEA_FIELD_TEXT:
    case FOVEA_FIELD_TEXTS:
        return read_text(skeleton, request, field, json, complaint);
    case FOVEA_FIELD_ANY:
    default:
        return field->set(request, field, "", complaint);
    }
}

enum fovea_status
fovea_field_read_table(const struct fovea_field *table, size_t n,
        const struct fovea_skeleton *skeleton,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < n; i++) {
        status = read_field(skeleton, request, &table[i], complaint);
    }
    return status;
}
