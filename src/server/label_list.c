/* Labels of a request: see label_list.h. */
#include "server/label_list.h"

#include <string.h>

#include "base/error.h"
#include "labels/labels.h"
#include "option/limits.h"
#include "server/fields.h"

static const char field[] = "labels";

static enum fovea_status
read_names(const struct fovea_skeleton *skeleton, const json_t *list,
        struct fovea_request_labels *labels,
        struct fovea_http_complaint *complaint)
{
    size_t n = json_array_size(list);
    labels->names = calloc(n, sizeof *labels->names);
    if (!labels->names) {
        return fovea_fail_memory(&complaint->error, n, "labels");
    }
    while (labels->n < n) {
        const json_t *json = json_array_get(list, labels->n);
        if (!json_is_string(json)) {
            return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, field,
                    "labels[%zu] must be a string, not %s", labels->n,
                    fovea_skeleton_kind(json));
        }
        size_t size = 0;
        char *name = strdup(fovea_skeleton_string(skeleton, json, &size));
        if (!name) {
            return fovea_fail_memory(&complaint->error, size, "a label");
        }
        labels->names[labels->n++] = name;
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_labels_read(const struct fovea_skeleton *skeleton, size_t max_items,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    struct fovea_request_labels *labels = &request->labels;
    const json_t *list = fovea_skeleton_field(skeleton->tree, field);
    if (!json_is_array(list)) {
        return list
                ? fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, field,
                          "labels must be a list of strings, not %s",
                          fovea_skeleton_kind(list))
                : fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, field,
                          "\"labels\" is missing: a list of what the images "
                          "may show, as [\"cat\", \"dog\"]");
    }
    if (json_array_size(list) > max_items) {
        return fovea_http_complain(complaint, FOVEA_ERR_TOO_MANY_ITEMS, field,
                "there are %zu labels, at most %zu are taken %s",
                json_array_size(list), max_items,
                fovea_limit_by(FOVEA_OPTION_ITEMS));
    }
    enum fovea_status status = read_names(skeleton, list, labels, complaint);
    const size_t n = labels->n;
    size_t index = 0;
    if (!status &&
            fovea_labels_check((const char *const *)labels->names, labels->n,
                    &index, &complaint->error)) {
        struct fovea_error error = complaint->error;
        return n == 0 ? fovea_http_complain(complaint, error.code, field, "%s",
                                error.message)
                      : fovea_http_complain(complaint, error.code, field,
                                "labels[%zu]: %s", index, error.message);
    }
    return status ? status
                  : fovea_fields_read_labels(skeleton, request, complaint);
}

static enum fovea_status
make_text(struct fovea_request_item *item, const char *template,
        const char *label)
{
    item->owned = fovea_labels_text(template, label);
    if (!item->owned) {
        return FOVEA_ERR_NO_MEMORY;
    }
    item->item = (struct fovea_item){ .kind = FOVEA_ITEM_TEXT,
        .data = item->owned,
        .size = strlen(item->owned) };
    return FOVEA_OK;
}

enum fovea_status
fovea_labels_make_texts(struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint)
{
    const struct fovea_request_labels *labels = &request->labels;
    const char *template =
            labels->template ? labels->template : FOVEA_LABELS_TEMPLATE;
    if (request->dimensions > 0) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, "dimensions",
                "dimensions is not served here: labels are compared with whole "
                "vectors");
    }
    if (request->strings == FOVEA_STRINGS_ARE_TEXTS) {
        return fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, "modality",
                "labels are of images, and not of texts");
    }
    for (size_t i = 0; i < request->n_items; i++) {
        struct fovea_request_item *item = &request->items[i];
        if (!item->error.code && item->item.kind == FOVEA_ITEM_TEXT) {
            item->item = (struct fovea_item){ .data = NULL };
            (void)fovea_fail(&item->error, FOVEA_ERR_ARGUMENT,
                    "a text, and labels are of images");
        }
    }
    for (size_t i = 0; i < labels->n; i++) {
        if (make_text(&request->items[request->n_items + i], template,
                    labels->names[i])) {
            return fovea_fail_memory(&complaint->error,
                    strlen(labels->names[i]), "the text of a label");
        }
    }
    return FOVEA_OK;
}
