/* One image or text of a request: see item.h. */
#include "server/item.h"

#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "server/item_string.h"

/* Fields that hold what is embedded. */
static const char *const fields[] = { "text", "image", "image_url",
    "image_base64", "url", "bytes" };

static const char *const types[] = { "text", "input_text", "image", "image_url",
    "image_base64", "input_image" };

/* Where an item is looked for. */
struct reading {
    const struct fovea_skeleton *skeleton;
    struct fovea_request_item *item;
};

static enum fovea_status
read_text(const struct reading *reading, const json_t *string)
{
    size_t size = 0;
    const char *text = fovea_skeleton_string(reading->skeleton, string, &size);
    reading->item->item = (struct fovea_item){ .kind = FOVEA_ITEM_TEXT,
        .data = text,
        .size = size };
    return FOVEA_OK;
}

static enum fovea_status
read_image(const struct reading *reading, const json_t *string)
{
    size_t size = 0;
    const char *text = fovea_skeleton_string(reading->skeleton, string, &size);
    return fovea_string_read_image(text, size, &reading->item->item,
            &reading->item->error);
}

/* A string that stands for itself. */
static enum fovea_status
read_bare(const struct reading *reading, const json_t *string,
        enum fovea_strings strings)
{
    size_t size = 0;
    const char *text = fovea_skeleton_string(reading->skeleton, string, &size);
    bool is_text = strings == FOVEA_STRINGS_ARE_TEXTS ||
            (strings == FOVEA_STRINGS_BY_RULE &&
                    fovea_string_is_text(text, size));
    reading->item->is_by_rule = strings == FOVEA_STRINGS_BY_RULE;
    return is_text ? read_text(reading, string) : read_image(reading, string);
}

/* What an object's image is: a string, or {"url": a string}. */
static enum fovea_status
read_value(const struct reading *reading, const char *name, const json_t *json)
{
    struct fovea_error *err = &reading->item->error;
    if (name == fields[0]) {
        return json_is_string(json) ? read_text(reading, json)
                                    : fovea_fail(err, FOVEA_ERR_ARGUMENT,
                                              "\"%s\" must be a string, not %s",
                                              name, fovea_skeleton_kind(json));
    }
    const json_t *string =
            json_is_object(json) ? fovea_skeleton_field(json, "url") : json;
    if (!json_is_string(string)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "\"%s\" must be a string or {\"url\": a string}, not %s", name,
                json_is_object(json) ? "another object"
                                     : fovea_skeleton_kind(json));
    }
    enum fovea_status status = read_image(reading, string);
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
            "\"type\" must be \"text\", \"input_text\", \"image_url\", "
            "\"image_base64\" or \"input_image\": images and texts are "
            "embedded here");
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
                    "\"%s\" and \"%s\" are both given: an item is one image "
                    "or one text",
                    name, fields[i]);
        }
        name = fields[i];
    }
    if (!name) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "an object without \"text\", \"image\", \"image_url\", "
                "\"image_base64\", \"url\", \"bytes\" or \"content\"");
    }
    return read_value(reading, name, fovea_skeleton_field(object, name));
}

static enum fovea_status
read_content(const struct reading *reading, const json_t *content)
{
    struct fovea_error *err = &reading->item->error;
    if (json_is_string(content)) {
        return read_text(reading, content);
    }
    if (json_array_size(content) > 1) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "\"content\" has %zu parts, which would be one embedding of "
                "them all, and no model here makes one: send each as an item "
                "of its own",
                json_array_size(content));
    }
    if (!json_is_array(content) || json_array_size(content) != 1) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "\"content\" must be a text or a list of one part, an image or "
                "a text");
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
read_any(const struct reading *reading, const json_t *json,
        enum fovea_strings strings)
{
    struct fovea_error *err = &reading->item->error;
    if (json_is_string(json)) {
        return read_bare(reading, json, strings);
    }
    if (fovea_item_is_tokens(json)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, FOVEA_TOKENS_TEXT);
    }
    if (!json_is_object(json)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "an image or a text must be a string or an object, not %s",
                fovea_skeleton_kind(json));
    }
    const json_t *content = fovea_skeleton_field(json, "content");
    return content ? read_content(reading, content)
                   : read_object(reading, json);
}

void
fovea_item_read(const struct fovea_skeleton *skeleton, const json_t *json,
        enum fovea_strings strings, struct fovea_request_item *item_out)
{
    *item_out = (struct fovea_request_item){ .owned = NULL };
    const struct reading reading = { skeleton, item_out };
    (void)read_any(&reading, json, strings);
}

void
fovea_item_refuse_text(const struct fovea_request_item *item, const char *model,
        const char *other, struct fovea_error *error_out)
{
    /* An image was meant, and it is empty or a path. */
    struct fovea_item image;
    if (item->is_by_rule &&
            fovea_string_read_image(item->item.data, item->item.size, &image,
                    error_out) == FOVEA_ERR_ARGUMENT) {
        return;
    }
    const char *why = item->is_by_rule
            ? ": neither an http(s) URL nor a data URI nor base64 of an image"
            : "";
    if (other) {
        (void)fovea_fail(error_out, FOVEA_ERR_TEXT_UNSUPPORTED,
                "%.50s embeds only images, and this is a text%s; %.50s, which "
                "is served too, embeds texts",
                model, why, other);
        return;
    }
    (void)fovea_fail(error_out, FOVEA_ERR_TEXT_UNSUPPORTED,
            "%.50s embeds only images, and this is a text%s; a model with a "
            "text tower, as openai/clip-vit-base-patch32 has one, embeds both",
            model, why);
}
