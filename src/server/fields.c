/* The fields of a request: see fields.h. */
#include "server/fields.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/number.h"
#include "labels/labels.h"

enum {
    MAX_VALUE = 1024, /* bytes of a value */
    NUMBER_SIZE = 32,
    SHOWN_SIZE = 32
};

/* What a field holds in JSON. */
enum kind {
    TEXT,
    NUMBER,
    TRUTH,
    EITHER, /* a string, or true or false */
    TEXTS,  /* a string, or a list of one */
    ANY,    /* ignored, or refused whatever it is */
};

struct field {
    const char *name;
    enum kind kind;
    const char *expected; /* "dimensions must be ...", or why it is refused */
    /* NULL: ignored. All values are text here. */
    enum fovea_status (*set)(struct fovea_embed_request *request,
            const struct field *field, const char *value,
            struct fovea_http_complaint *complaint);
};

/* The value of a field is another than it may be; text of the client's as it
 * may stand in a message. */
static enum fovea_status
refuse(const struct field *field, const char *value,
        struct fovea_http_complaint *complaint)
{
    char shown[SHOWN_SIZE];
    const char *quote = field->kind == TRUTH ? "" : "\"";
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
set_model(struct fovea_embed_request *request, const struct field *field,
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
set_encoding(struct fovea_embed_request *request, const struct field *field,
        const char *value, struct fovea_http_complaint *complaint)
{
    if (strcmp(value, "base64") == 0) {
        request->encoding = FOVEA_ENCODING_BASE64;
        return FOVEA_OK;
    }
    if (strcmp(value, "float") != 0) {
        return refuse(field, value, complaint);
    }
    request->encoding = FOVEA_ENCODING_FLOAT;
    return FOVEA_OK;
}

/* Other services' names of the type of the numbers: "float" says nothing of how
 * they are written down. */
static enum fovea_status
set_type(struct fovea_embed_request *request, const struct field *field,
        const char *value, struct fovea_http_complaint *complaint)
{
    return strcmp(value, "float") == 0
            ? FOVEA_OK
            : set_encoding(request, field, value, complaint);
}

static enum fovea_status
set_dimensions(struct fovea_embed_request *request, const struct field *field,
        const char *value, struct fovea_http_complaint *complaint)
{
    uint64_t number = 0;
    if (!fovea_number_parse(value, &number) || number > UINT32_MAX) {
        return refuse(field, value, complaint);
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
set_on_error(struct fovea_embed_request *request, const struct field *field,
        const char *value, struct fovea_http_complaint *complaint)
{
    request->on_error_item = strcmp(value, "item") == 0;
    return request->on_error_item || strcmp(value, "fail") == 0
            ? FOVEA_OK
            : refuse(field, value, complaint);
}

static enum fovea_status
set_modality(struct fovea_embed_request *request, const struct field *field,
        const char *value, struct fovea_http_complaint *complaint)
{
    if (strcmp(value, "text") == 0) {
        request->strings = FOVEA_STRINGS_ARE_TEXTS;
        return FOVEA_OK;
    }
    if (strcmp(value, "image") != 0) {
        return refuse(field, value, complaint);
    }
    request->strings = FOVEA_STRINGS_ARE_IMAGES;
    return FOVEA_OK;
}

/* Cohere has words for it, others true and false. */
static enum fovea_status
set_truncate(struct fovea_embed_request *request, const struct field *field,
        const char *value, struct fovea_http_complaint *complaint)
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
    return refuse(field, value, complaint);
}

static enum fovea_status
set_template(struct fovea_embed_request *request, const struct field *field,
        const char *value, struct fovea_http_complaint *complaint)
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
set_raw_scores(struct fovea_embed_request *request, const struct field *field,
        const char *value, struct fovea_http_complaint *complaint)
{
    (void)field;
    (void)complaint;
    request->labels.is_raw = strcmp(value, "true") == 0;
    return FOVEA_OK;
}

static enum fovea_status
set_top(struct fovea_embed_request *request, const struct field *field,
        const char *value, struct fovea_http_complaint *complaint)
{
    uint64_t number = 0;
    if (!fovea_number_parse(value, &number) || number > UINT32_MAX) {
        return refuse(field, value, complaint);
    }
    request->labels.top = (uint32_t)number;
    return FOVEA_OK;
}

/* Fields with one value that is what is done here anyway: "expected" has it, or
 * two, as words in quotes or as they are. */
static enum fovea_status
check_only(struct fovea_embed_request *request, const struct field *field,
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
    return refuse(field, value, complaint);
}

static enum fovea_status
refuse_always(struct fovea_embed_request *request, const struct field *field,
        const char *value, struct fovea_http_complaint *complaint)
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
static const struct field fields[] = {
    /* honoured */
    { "model", TEXT, "a model's name", set_model },
    { "encoding_format", TEXT, FLOAT_OR_BASE64, set_encoding },
    { "dimensions", NUMBER, ANY_NUMBER, set_dimensions },
    { "output_dimension", NUMBER, ANY_NUMBER, set_dimensions },
    { "on_error", TEXT, "\"fail\" or \"item\"", set_on_error },
    { "modality", TEXT, "\"image\" or \"text\" (audio is not served)",
            set_modality },
    { "truncate", EITHER, CUT, set_truncate },
    { "truncation", EITHER, CUT, set_truncate },
    { "embedding_types", TEXTS, FLOAT_OR_BASE64, set_type },
    { "embedding_type", TEXTS, FLOAT_OR_BASE64, set_type },
    { "output_encoding", TEXT, FLOAT_OR_BASE64, set_type },
    /* refused but for the one value that is what is done anyway */
    { "output_dtype", TEXT, "\"float\"", check_only },
    { "embed_dtype", TEXT, "\"float32\"", check_only },
    { "endianness", TEXT, "\"little\" or \"native\"", check_only },
    { "normalized", TRUTH, "true", check_only },
    { "normalize", TRUTH, "true", check_only },
    { "late_chunking", TRUTH, "false", check_only },
    { "return_multivector", TRUTH, "false", check_only },
    { "truncation_direction", TEXT, "\"right\" or \"Right\"", check_only },
    /* refused */
    { "prompt", ANY, NO_PROMPTS, refuse_always },
    { "prompt_name", ANY, NO_PROMPTS, refuse_always },
    { "instruction", ANY, NO_PROMPTS, refuse_always },
    { "truncate_prompt_tokens", ANY,
            "a text is cut where its model's context ends, or refused "
            "(\"truncate\")",
            refuse_always },
    { "text", ANY, BELONGS, refuse_always },
    { "image", ANY, BELONGS, refuse_always },
    { "image_url", ANY, BELONGS, refuse_always },
    { "image_base64", ANY, BELONGS, refuse_always },
    { "input_image", ANY, BELONGS, refuse_always },
    { "url", ANY, BELONGS, refuse_always },
    { "urls", ANY, BELONGS, refuse_always },
    /* ignored */
    { "input_type", ANY, NULL, NULL },
    { "task", ANY, NULL, NULL },
    { "user", ANY, NULL, NULL },
};

/* Those that go with labels. */
static const struct field label_fields[] = {
    { "template", TEXT, "a text with {} in it", set_template },
    { "raw_scores", TRUTH, "true or false", set_raw_scores },
    { "top_k", NUMBER, ANY_NUMBER, set_top },
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

static enum fovea_status
wrong_type(const struct field *field, const json_t *json,
        struct fovea_http_complaint *complaint)
{
    return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, field->name,
            "%s must be %s, not %s", field->name, field->expected,
            fovea_skeleton_kind(json));
}

static enum fovea_status
read_number(struct fovea_embed_request *request, const struct field *field,
        const json_t *json, struct fovea_http_complaint *complaint)
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
read_truth(struct fovea_embed_request *request, const struct field *field,
        const json_t *json, struct fovea_http_complaint *complaint)
{
    return json_is_boolean(json)
            ? field->set(request, field, json_is_true(json) ? "true" : "false",
                      complaint)
            : wrong_type(field, json, complaint);
}

static enum fovea_status
read_text(const struct fovea_skeleton *skeleton,
        struct fovea_embed_request *request, const struct field *field,
        const json_t *json, struct fovea_http_complaint *complaint)
{
    if (field->kind == TEXTS && json_array_size(json) == 1) {
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
        struct fovea_embed_request *request, const struct field *field,
        struct fovea_http_complaint *complaint)
{
    const json_t *json = fovea_skeleton_field(skeleton->tree, field->name);
    if (!json || !field->set) {
        return FOVEA_OK;
    }
    switch (field->kind) {
    case NUMBER:
        return read_number(request, field, json, complaint);
    case TRUTH:
        return read_truth(request, field, json, complaint);
    case EITHER:
        return json_is_boolean(json)
                ? read_truth(request, field, json, complaint)
                : read_text(skeleton, request, field, json, complaint);
    case TEXT:
    case TEXTS:
        return read_text(skeleton, request, field, json, complaint);
    case ANY:
    default:
        return field->set(request, field, "", complaint);
    }
}

static enum fovea_status
read_table(const struct field *table, size_t n,
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

enum fovea_status
fovea_fields_read(const struct fovea_skeleton *skeleton,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    return read_table(fields, FOVEA_ARRAY_LEN(fields), skeleton, request,
            complaint);
}

enum fovea_status
fovea_fields_read_labels(const struct fovea_skeleton *skeleton,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    request->strings = FOVEA_STRINGS_ARE_IMAGES;
    return read_table(label_fields, FOVEA_ARRAY_LEN(label_fields), skeleton,
            request, complaint);
}
