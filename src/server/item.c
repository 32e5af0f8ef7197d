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

static const char *const types[] = { "image", "image_url", "image_base64" };

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

/* Base64 may begin with "/" too. Of the formats that there are only JPEG begins
 * with a byte that does, and that is "/9j/". */
static bool
is_path(const char *text, size_t size)
{
    static const char jpeg[] = "/9j/";
    if (text[0] == '/') {
        return size < PATH_SIZE && strncmp(text, jpeg, strlen(jpeg)) != 0;
    }
    return text[0] == '.' || text[0] == '~' || text[0] == '\\' ||
            (is_letter(text[0]) && text[1] == ':');
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

static enum fovea_status
read_base64(const char *text, size_t size, struct fovea_image *image)
{
    *image = (struct fovea_image){ FOVEA_IMAGE_BASE64, text, size };
    return FOVEA_OK;
}

/* A text that has a scheme of that size. */
static enum fovea_status
read_uri(const char *text, size_t size, size_t scheme,
        struct fovea_image *image, struct fovea_error *err)
{
    if (is_scheme(text, scheme, "data")) {
        enum fovea_status status = check_data_uri(text, size, err);
        return status ? status : read_base64(text, size, image);
    }
    if (is_scheme(text, scheme, "http") || is_scheme(text, scheme, "https")) {
        *image = (struct fovea_image){ FOVEA_IMAGE_URL, text, size };
        return FOVEA_OK;
    }
    return fovea_fail(err, FOVEA_ERR_URL,
            "a URL must be http or https, not \"%.*s\"", (int)scheme, text);
}

static enum fovea_status
read_text(const char *text, size_t size, struct fovea_image *image,
        struct fovea_error *err)
{
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
    if (scheme > 0) {
        return read_uri(text, size, scheme, image, err);
    }
    if (!looks_like_base64(text, size)) {
        return fovea_fail(err, FOVEA_ERR_BASE64,
                "neither an http(s) URL nor a data URI nor base64 (text is not "
                "served)");
    }
    return read_base64(text, size, image);
}

/* What an object's image is: a string, or {"url": a string}. */
static enum fovea_status
read_value(const struct fovea_skeleton *skeleton, const char *name,
        const json_t *json, struct fovea_image *image, struct fovea_error *err)
{
    const json_t *string =
            json_is_object(json) ? fovea_skeleton_field(json, "url") : json;
    if (!json_is_string(string)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "\"%s\" must be a string or {\"url\": a string}, not %s", name,
                json_is_object(json) ? "another object"
                                     : fovea_skeleton_kind(json));
    }
    size_t size = 0;
    const char *text = fovea_skeleton_string(skeleton, string, &size);
    enum fovea_status status = read_text(text, size, image, err);
    if (status) {
        fovea_error_prefix(err, "\"%s\"", name);
    }
    return status;
}

static enum fovea_status
check_type(const struct fovea_skeleton *skeleton, const json_t *object,
        struct fovea_error *err)
{
    const json_t *type = fovea_skeleton_field(object, "type");
    if (fovea_skeleton_field(object, "text")) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "\"text\" is given: only images are served");
    }
    if (!type) {
        return FOVEA_OK;
    }
    size_t size = 0;
    const char *name = json_is_string(type)
            ? fovea_skeleton_string(skeleton, type, &size)
            : "";
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(types); i++) {
        if (strcmp(name, types[i]) == 0) {
            return FOVEA_OK;
        }
    }
    return fovea_fail(err, FOVEA_ERR_ARGUMENT,
            "\"type\" must be \"image_url\" or \"image_base64\": only images "
            "are served");
}

static enum fovea_status
read_object(const struct fovea_skeleton *skeleton, const json_t *object,
        struct fovea_image *image, struct fovea_error *err)
{
    enum fovea_status status = check_type(skeleton, object, err);
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
    return read_value(skeleton, name, fovea_skeleton_field(object, name), image,
            err);
}

static enum fovea_status
read_content(const struct fovea_skeleton *skeleton, const json_t *content,
        struct fovea_image *image, struct fovea_error *err)
{
    if (!json_is_array(content) || json_array_size(content) != 1) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "\"content\" must be a list of one part, an image");
    }
    const json_t *part = json_array_get(content, 0);
    if (!json_is_object(part)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the part of \"content\" must be an object, not %s (text is "
                "not served)",
                fovea_skeleton_kind(part));
    }
    return read_object(skeleton, part, image, err);
}

static enum fovea_status
read_any(const struct fovea_skeleton *skeleton, const json_t *json,
        struct fovea_image *image, struct fovea_error *err)
{
    if (json_is_string(json)) {
        size_t size = 0;
        const char *text = fovea_skeleton_string(skeleton, json, &size);
        return read_text(text, size, image, err);
    }
    if (!json_is_object(json)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "an image must be a string or an object, not %s",
                fovea_skeleton_kind(json));
    }
    const json_t *content = fovea_skeleton_field(json, "content");
    return content ? read_content(skeleton, content, image, err)
                   : read_object(skeleton, json, image, err);
}

void
fovea_item_read(const struct fovea_skeleton *skeleton, const json_t *json,
        struct fovea_request_item *item_out)
{
    *item_out = (struct fovea_request_item){ .owned = NULL };
    (void)read_any(skeleton, json, &item_out->image, &item_out->error);
}
