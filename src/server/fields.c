/* The fields of a request: see fields.h. */
#include "server/fields.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/number.h"
#include "labels/labels.h"
#include "server/field.h"

static enum fovea_status
set_model(struct fovea_embed_request *request, const struct fovea_field *field,
        const char *value, struct fovea_http_complaint *complaint)
{
    char *model = strdup(value);
    if (!model) {
        return fovea_http_complain(complaint, FOVEA_ERR_NO_MEMORY, field->name,
                "cannot allocate %zu bytes for the model's name",
                strlen(value) + 1);
    }
    free(request->model);
    request->model = model;
    return FOVEA_OK;
}

static enum fovea_status
set_encoding(struct fovea_embed_request *request,
        const struct fovea_field *field, const char *value,
        struct fovea_http_complaint *complaint)
{
    if (strcmp(value, "base64") == 0) {
        request->encoding = FOVEA_ENCODING_BASE64;
        return FOVEA_OK;
    }
    if (strcmp(value, "float") != 0) {
        return fovea_field_refuse(field, value, complaint);
    }
    request->encoding = FOVEA_ENCODING_FLOAT;
    return FOVEA_OK;
}

/* Other services' names of the type of the numbers: "float" says nothing of how
 * they are written down. */
static enum fovea_status
set_type(struct fovea_embed_request *request, const struct fovea_field *field,
        const char *value, struct fovea_http_complaint *complaint)
{
    return strcmp(value, "float") == 0
            ? FOVEA_OK
            : set_encoding(request, field, value, complaint);
}

static enum fovea_status
set_dimensions(struct fovea_embed_request *request,
        const struct fovea_field *field, const char *value,
        struct fovea_http_complaint *complaint)
{
    uint64_t number = 0;
    if (!fovea_number_parse(value, &number) || number > UINT32_MAX) {
        return fovea_field_refuse(field, value, complaint);
    }
    if (request->dimensions > 0 && number > 0 &&
            request->dimensions != number) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, field->name,
                "dimensions is given twice, as %u and as %s (%s)",
                request->dimensions, value, field->name);
    }
    request->dimensions = number > 0 ? (uint32_t)number : request->dimensions;
    return FOVEA_OK;
}

static enum fovea_status
set_on_error(struct fovea_embed_request *request,
        const struct fovea_field *field, const char *value,
        struct fovea_http_complaint *complaint)
{
    request->on_error_item = strcmp(value, "item") == 0;
    return request->on_error_item || strcmp(value, "fail") == 0
            ? FOVEA_OK
            : fovea_field_refuse(field, value, complaint);
}

static enum fovea_status
set_modality(struct fovea_embed_request *request,
        const struct fovea_field *field, const char *value,
        struct fovea_http_complaint *complaint)
{
    if (strcmp(value, "text") == 0) {
        request->strings = FOVEA_STRINGS_ARE_TEXTS;
        return FOVEA_OK;
    }
    if (strcmp(value, "image") != 0) {
        return fovea_field_refuse(field, value, complaint);
    }
    request->strings = FOVEA_STRINGS_ARE_IMAGES;
    return FOVEA_OK;
}

/* Cohere has words for it, others true and false. */
static enum fovea_status
set_truncate(struct fovea_embed_request *request,
        const struct fovea_field *field, const char *value,
        struct fovea_http_complaint *complaint)
{
    static const char *const cut[] = { "true", "END" };
    static const char *const refused[] = { "false", "NONE" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cut); i++) {
        if (strcasecmp(value, cut[i]) == 0) {
            request->refuses_truncated = false;
            return FOVEA_OK;
        }
        if (strcasecmp(value, refused[i]) == 0) {
            request->refuses_truncated = true;
            return FOVEA_OK;
        }
    }
    return fovea_field_refuse(field, value, complaint);
}

static enum fovea_status
set_template(struct fovea_embed_request *request,
        const struct fovea_field *field, const char *value,
        struct fovea_http_complaint *complaint)
{
    struct fovea_error error;
    if (fovea_labels_check_template(value, &error)) {
        return fovea_http_complain(complaint, error.code, field->name, "%s",
                error.message);
    }
    request->labels.template = strdup(value);
    return request->labels.template
            ? FOVEA_OK
            : fovea_fail_memory(&complaint->error, strlen(value), "a template");
}

static enum fovea_status
set_raw_scores(struct fovea_embed_request *request,
        const struct fovea_field *field, const char *value,
        struct fovea_http_complaint *complaint)
{
    (void)field;
    (void)complaint;
    request->labels.is_raw = strcmp(value, "true") == 0;
    return FOVEA_OK;
}

static enum fovea_status
set_top(struct fovea_embed_request *request, const struct fovea_field *field,
        const char *value, struct fovea_http_complaint *complaint)
{
    uint64_t number = 0;
    if (!fovea_number_parse(value, &number) || number > UINT32_MAX) {
        return fovea_field_refuse(field, value, complaint);
    }
    request->labels.top = (uint32_t)number;
    return FOVEA_OK;
}

/* Fields with one value that is what is done here anyway: "expected" has it, or
 * two, as words in quotes or as they are. */
static enum fovea_status
check_only(struct fovea_embed_request *request, const struct fovea_field *field,
        const char *value, struct fovea_http_complaint *complaint)
{
    size_t size = strlen(value);
    (void)request;
    for (const char *at = strstr(field->expected, value); at && size > 0;
            at = strstr(at + 1, value)) {
        bool begins = at == field->expected || at[-1] == '"';
        if (begins && (at[size] == '"' || at[size] == '\0')) {
            return FOVEA_OK;
        }
    }
    return fovea_field_refuse(field, value, complaint);
}

static enum fovea_status
refuse_always(struct fovea_embed_request *request,
        const struct fovea_field *field, const char *value,
        struct fovea_http_complaint *complaint)
{
    (void)request;
    (void)value;
    return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, field->name,
            "%s is not served: %s", field->name, field->expected);
}

#define FLOAT_OR_BASE64 "\"float\" or \"base64\""
#define ANY_NUMBER      "an integer from 0 to 4294967295"
#define NO_PROMPTS      "images and texts are embedded without a prompt"
#define BELONGS         "images and texts are given in \"input\""
#define CUT             "true or \"END\" (cut) or false or \"NONE\" (refused)"

/* In the order of docs/HTTP.md. */
static const struct fovea_field fields[] = {
    /* honoured */
    { "model", FOVEA_FIELD_TEXT, "a model's name", set_model },
    { "encoding_format", FOVEA_FIELD_TEXT, FLOAT_OR_BASE64, set_encoding },
    { "dimensions", FOVEA_FIELD_NUMBER, ANY_NUMBER, set_dimensions },
    { "output_dimension", FOVEA_FIELD_NUMBER, ANY_NUMBER, set_dimensions },
    { "on_error", FOVEA_FIELD_TEXT, "\"fail\" or \"item\"", set_on_error },
    { "modality", FOVEA_FIELD_TEXT,
            "\"image\" or \"text\" (audio is not served)", set_modality },
    { "truncate", FOVEA_FIELD_EITHER, CUT, set_truncate },
    { "truncation", FOVEA_FIELD_EITHER, CUT, set_truncate },
    { "embedding_types", FOVEA_FIELD_TEXTS, FLOAT_OR_BASE64, set_type },
    { "embedding_type", FOVEA_FIELD_TEXTS, FLOAT_OR_BASE64, set_type },
    { "output_encoding", FOVEA_FIELD_TEXT, FLOAT_OR_BASE64, set_type },
    /* refused but for the one value that is what is done anyway */
    { "output_dtype", FOVEA_FIELD_TEXT, "\"float\"", check_only },
    { "embed_dtype", FOVEA_FIELD_TEXT, "\"float32\"", check_only },
    { "endianness", FOVEA_FIELD_TEXT, "\"little\" or \"native\"", check_only },
    { "normalized", FOVEA_FIELD_TRUTH, "true", check_only },
    { "normalize", FOVEA_FIELD_TRUTH, "true", check_only },
    { "late_chunking", FOVEA_FIELD_TRUTH, "false", check_only },
    { "return_multivector", FOVEA_FIELD_TRUTH, "false", check_only },
    { "truncation_direction", FOVEA_FIELD_TEXT, "\"right\" or \"Right\"",
            check_only },
    /* refused */
    { "prompt", FOVEA_FIELD_ANY, NO_PROMPTS, refuse_always },
    { "prompt_name", FOVEA_FIELD_ANY, NO_PROMPTS, refuse_always },
    { "instruction", FOVEA_FIELD_ANY, NO_PROMPTS, refuse_always },
    { "truncate_prompt_tokens", FOVEA_FIELD_ANY,
            "a text is cut where its model's context ends, or refused "
            "(\"truncate\")",
            refuse_always },
    { "text", FOVEA_FIELD_ANY, BELONGS, refuse_always },
    { "image", FOVEA_FIELD_ANY, BELONGS, refuse_always },
    { "image_url", FOVEA_FIELD_ANY, BELONGS, refuse_always },
    { "image_base64", FOVEA_FIELD_ANY, BELONGS, refuse_always },
    { "input_image", FOVEA_FIELD_ANY, BELONGS, refuse_always },
    { "url", FOVEA_FIELD_ANY, BELONGS, refuse_always },
    { "urls", FOVEA_FIELD_ANY, BELONGS, refuse_always },
    /* ignored */
    { "input_type", FOVEA_FIELD_ANY, NULL, NULL },
    { "task", FOVEA_FIELD_ANY, NULL, NULL },
    { "user", FOVEA_FIELD_ANY, NULL, NULL },
};

/* Those that go with labels. */
static const struct fovea_field label_fields[] = {
    { "template", FOVEA_FIELD_TEXT, "a text with {} in it", set_template },
    { "raw_scores", FOVEA_FIELD_TRUTH, "true or false", set_raw_scores },
    { "top_k", FOVEA_FIELD_NUMBER, ANY_NUMBER, set_top },
};

enum fovea_status
fovea_fields_set(struct fovea_embed_request *request, const char *name,
        const char *value, struct fovea_http_complaint *complaint)
{
    /* A form sends its empty fields along. */
    for (size_t i = 0; *value && i < FOVEA_ARRAY_LEN(fields); i++) {
        if (fields[i].set && strcmp(name, fields[i].name) == 0) {
            return fields[i].set(request, &fields[i], value, complaint);
        }
    }
    return FOVEA_OK;
}

bool
fovea_fields_have(const char *name)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(fields); i++) {
        if (strcmp(name, fields[i].name) == 0) {
            return true;
        }
    }
    return false;
}

enum fovea_status
fovea_fields_read(const struct fovea_skeleton *skeleton,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    return fovea_field_read_table(fields, FOVEA_ARRAY_LEN(fields), skeleton,
            request, complaint);
}

enum fovea_status
fovea_fields_read_labels(const struct fovea_skeleton *skeleton,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    request->strings = FOVEA_STRINGS_ARE_IMAGES;
    return fovea_field_read_table(label_fields, FOVEA_ARRAY_LEN(label_fields),
            skeleton, request, complaint);
}
