/* One image of a request: see item.h. */
#include "server/item.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/macros.h"

enum {
    LOOKED_AT = 64, /* bytes by which base64 is told from other text */
    MAX_SCHEME = 32,
    PATH_SIZE = 4096
};

/* Fields that hold an image. */
static const char *const fields[] = { "image", "image_url", "image_base64",
    "url", "bytes" };

static const char *const types[] = { "image", "image_url", "image_base64",
    "input_image" };

static bool
is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool
is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Length of what stands before the colon of a URL (RFC 3986), 0 if the text is
 * none. Base64 has no colon. */
static size_t
scheme_size(const char *text)
{
    if (!is_letter(text[0])) {
        return 0;
    }
    size_t size = 1;
    while (size < MAX_SCHEME &&
            (is_letter(text[size]) || is_digit(text[size]) ||
                    text[size] == '+' || text[size] == '-' ||
                    text[size] == '.')) {
        size++;
    }
    return text[size] == ':' ? size : 0;
}

static bool
is_scheme(const char *text, size_t size, const char *scheme)
{
    return size == strlen(scheme) && strncasecmp(text, scheme, size) == 0;
}

static bool
begins_with(const char *text, const char *const *beginnings)
{
    for (; *beginnings; beginnings++) {
        if (strncmp(text, *beginnings, strlen(*beginnings)) == 0) {
            return true;
        }
    }
    return false;
}

/* Base64 may begin with "/" too. Of the formats that there are only JPEG begins
 * with a byte that does, and that is "/9j/". */
static bool
is_path(const char *text, size_t size)
{
    static const char jpeg[] = "/9j/";
    static const char *const paths[] = { "./", "../", ".\\", "..\\", "~/",
        "\\\\", NULL };
    if (text[0] == '/') {
        return size < PATH_SIZE && strncmp(text, jpeg, strlen(jpeg)) != 0;
    }
    return begins_with(text, paths) ||
            (is_letter(text[0]) && text[1] == ':' &&
                    (text[2] == '/' || text[2] == '\\'));
}

/* Whether the first bytes are such as base64 has. */
static bool
looks_like_base64(const char *text, size_t size)
{
    for (size_t i = 0; i < size && i < LOOKED_AT; i++) {
        if (!is_letter(text[i]) && !is_digit(text[i]) &&
                !strchr("+/-_=\r\n\t ", text[i])) {
            return false;
        }
    }
    return true;
}

static enum fovea_status
check_data_uri(const char *text, size_t size, struct fovea_error *err)
{
    static const char mark[] = ";base64";
    size_t mark_size = strlen(mark);
    const char *comma = memchr(text, ',', size);
    if (!comma) {
        return fovea_fail(err, FOVEA_ERR_BASE64, "a data URI without a comma");
    }
    if ((size_t)(comma - text) < mark_size ||
            strncasecmp(comma - mark_size, mark, mark_size) != 0) {
        return fovea_fail(err, FOVEA_ERR_BASE64,
                "a data URI must be base64: \"data:image/png;base64,...\"");
    }
    return FOVEA_OK;
}

/* Where an image is looked for, and what may be there instead. */
struct reading {
    const struct fovea_skeleton *skeleton;
    struct fovea_request_item *item;
    bool may_be_text; /* the string stands for itself */
};

static enum fovea_status
read_base64(const char *text, size_t size, const struct reading *reading)
{
    reading->item->image = (struct fovea_item){ .kind = FOVEA_ITEM_IMAGE_BASE64,
        .data = text,
        .size = size };
    return FOVEA_OK;
}

static enum fovea_status
fail_text(struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_TEXT_UNSUPPORTED,
            "only images are embedded here, and this is a text: neither an "
            "http(s) URL nor a data URI nor base64 of an image");
}

static enum fovea_status
refuse_text(const struct reading *reading)
{
    return fail_text(&reading->item->error);
}

/* A text that has a scheme of that size. */
static enum fovea_status
read_uri(const char *text, size_t size, size_t scheme, bool has_blanks,
        const struct reading *reading)
{
    struct fovea_error *err = &reading->item->error;
    if (is_scheme(text, scheme, "data")) {
        enum fovea_status status = check_data_uri(text, size, err);
        return status ? status : read_base64(text, size, reading);
    }
    if (is_scheme(text, scheme, "http") || is_scheme(text, scheme, "https")) {
        reading->item->image =
                (struct fovea_item){ .kind = FOVEA_ITEM_IMAGE_URL,
                    .data = text,
                    .size = size };
        return FOVEA_OK;
    }
    /* "Note: ..." */
    return reading->may_be_text && has_blanks
            ? refuse_text(reading)
            : fovea_fail(err, FOVEA_ERR_URL,
                      "a URL must be http or https, not \"%.*s\"", (int)scheme,
                      text);
}

/* Whether there is a blank between two words. Lines of base64 end in line ends,
 * which are none. */
static bool
has_blank(const char *text, size_t size)
{
    while (size > 0 && strchr(" \t\r\n", text[size - 1])) {
        size--;
    }
    return memchr(text, ' ', size) || memchr(text, '\t', size);
}

static enum fovea_status
read_text(const char *text, size_t size, const struct reading *reading)
{
    struct fovea_error *err = &reading->item->error;
    size_t n_blanks = strspn(text, " \t\r\n");
    text += n_blanks;
    size -= n_blanks;
    if (size == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an empty string");
    }
    if (is_path(text, size)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "this looks like a path, and no files of the server are read: "
                "send a URL, a data URI or base64");
    }
    size_t scheme = scheme_size(text);
    bool has_blanks = reading->may_be_text && has_blank(text, size);
    if (scheme > 0) {
        return read_uri(text, size, scheme, has_blanks, reading);
    }
    bool may_be_text =
            reading->may_be_text && (size <= FOVEA_TEXT_SIZE || has_blanks);
    if (looks_like_base64(text, size)) {
        /* Whether it is, and of an image, is found out later. */
        reading->item->may_be_text = may_be_text;
        reading->item->has_words = has_blanks && size <= FOVEA_TEXT_SIZE;
        return read_base64(text, size, reading);
    }
    return may_be_text ? refuse_text(reading)
                       : fovea_fail(err, FOVEA_ERR_BASE64,
                                 "neither an http(s) URL nor a data URI nor "
                                 "base64");
}

void
fovea_item_explain(const struct fovea_request_item *item,
        struct fovea_error *error)
{
    if (!item->may_be_text ||
            (error->code != FOVEA_ERR_BASE64 &&
                    error->code != FOVEA_ERR_NOT_AN_IMAGE)) {
        return;
    }
    if (item->has_words) {
        (void)fail_text(error);
        return;
    }
    struct fovea_error why = *error;
    (void)fovea_fail(error, FOVEA_ERR_TEXT_UNSUPPORTED,
            "only images are embedded here, and this is neither an http(s) URL "
            "nor a data URI nor base64 of an image (%.90s)",
            why.message);
}

/* What an object's image is: a string, or {"url": a string}. */
static enum fovea_status
read_value(const struct reading *reading, const char *name, const json_t *json)
{
    struct fovea_error *err = &reading->item->error;
    const json_t *string =
            json_is_object(json) ? fovea_skeleton_field(json, "url") : json;
    if (!json_is_string(string)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "\"%s\" must be a string or {\"url\": a string}, not %s", name,
                json_is_object(json) ? "another object"
                                     : fovea_skeleton_kind(json));
    }
    size_t size = 0;
    const char *text = fovea_skeleton_string(reading->skeleton, string, &size);
    enum fovea_status status = read_text(text, size, reading);
    if (status) {
        fovea_error_prefix(err, "\"%s\"", name);
    }
    return status;
}

static enum fovea_status
check_type(const struct reading *reading, const json_t *object)
{
    struct fovea_error *err = &reading->item->error;
    const json_t *type = fovea_skeleton_field(object, "type");
    if (fovea_skeleton_field(object, "text")) {
        return fovea_fail(err, FOVEA_ERR_TEXT_UNSUPPORTED,
                "\"text\" is given, and only images are embedded here");
    }
    if (fovea_skeleton_field(object, "file_id")) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "\"file_id\" is given, and no files are kept here: send a "
                "URL, a data URI or base64");
    }
    if (!type) {
        return FOVEA_OK;
    }
    size_t size = 0;
    const char *name = json_is_string(type)
            ? fovea_skeleton_string(reading->skeleton, type, &size)
            : "";
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(types); i++) {
        if (strcmp(name, types[i]) == 0) {
            return FOVEA_OK;
        }
    }
    return fovea_fail(err, FOVEA_ERR_ARGUMENT,
            "\"type\" must be \"image_url\", \"image_base64\" or "
            "\"input_image\": only images are embedded here");
}

static enum fovea_status
read_object(const struct reading *reading, const json_t *object)
{
    struct fovea_error *err = &reading->item->error;
    enum fovea_status status = check_type(reading, object);
    if (status) {
        return status;
    }
    const char *name = NULL;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(fields); i++) {
        if (!fovea_skeleton_field(object, fields[i])) {
            continue;
        }
        if (name) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "\"%s\" and \"%s\" are both given: an item is one image",
                    name, fields[i]);
        }
        name = fields[i];
    }
    if (!name) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "an object without \"image\", \"image_url\", "
                "\"image_base64\", \"url\", \"bytes\" or \"content\"");
    }
    return read_value(reading, name, fovea_skeleton_field(object, name));
}

static enum fovea_status
read_content(const struct reading *reading, const json_t *content)
{
    struct fovea_error *err = &reading->item->error;
    if (json_is_string(content)) {
        return fovea_fail(err, FOVEA_ERR_TEXT_UNSUPPORTED,
                "\"content\" is a string, and only images are embedded here");
    }
    if (!json_is_array(content) || json_array_size(content) != 1) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "\"content\" must be a list of one part, an image");
    }
    const json_t *part = json_array_get(content, 0);
    if (!json_is_object(part)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the part of \"content\" must be an object, not %s",
                fovea_skeleton_kind(part));
    }
    return read_object(reading, part);
}

bool
fovea_item_is_tokens(const json_t *json)
{
    size_t n = json_array_size(json);
    size_t i = 0;
    while (i < n && json_is_number(json_array_get(json, i))) {
        i++;
    }
    return n > 0 && i == n;
}

static enum fovea_status
read_any(struct reading *reading, const json_t *json)
{
    struct fovea_error *err = &reading->item->error;
    if (json_is_string(json)) {
        size_t size = 0;
        const char *text =
                fovea_skeleton_string(reading->skeleton, json, &size);
        return read_text(text, size, reading);
    }
    if (fovea_item_is_tokens(json)) {
        return fovea_fail(err, FOVEA_ERR_TEXT_UNSUPPORTED, FOVEA_TOKENS_TEXT);
    }
    if (!json_is_object(json)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "an image must be a string or an object, not %s",
                fovea_skeleton_kind(json));
    }
    reading->may_be_text = false;
    const json_t *content = fovea_skeleton_field(json, "content");
    return content ? read_content(reading, content)
                   : read_object(reading, json);
}

void
fovea_item_read(const struct fovea_skeleton *skeleton, const json_t *json,
        bool is_image_only, struct fovea_request_item *item_out)
{
    *item_out = (struct fovea_request_item){ .owned = NULL };
    struct reading reading = { skeleton, item_out, !is_image_only };
    (void)read_any(&reading, json);
}
