/* See read_steps.h: what both have. */
#include "text/read_steps.h"

#include <stdio.h>
#include <string.h>

#include "spec/field.h"

static enum fovea_status
read_one(struct fovea_draft *draft, const char *where, const json_t *object,
        const struct fovea_component *kinds, size_t n, struct fovea_error *err)
{
    const char *type = json_string_value(json_object_get(object, "type"));
    if (!type) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "%s: it has no \"type\"", where);
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(kinds[i].type, type) == 0) {
            char place[96];
            (void)snprintf(place, sizeof place, "%s %s", where, type);
            return kinds[i].read(draft, place, object, err);
        }
    }
    return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
            "%s %s is not understood", where, fovea_show(type).text);
}

enum fovea_status
fovea_read_components(struct fovea_draft *draft, const char *where,
        const char *list, const struct fovea_component *kinds, size_t n,
        struct fovea_error *err)
{
    const json_t *object = json_object_get(draft->parts, where);
    if (!object || json_is_null(object)) {
        return FOVEA_OK;
    }
    const char *type = json_string_value(json_object_get(object, "type"));
    if (!type || strcmp(type, "Sequence") != 0) {
        return read_one(draft, where, object, kinds, n, err);
    }
    const json_t *parts = json_object_get(object, list);
    if (!json_is_array(parts)) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "%s: its Sequence has no list \"%s\"", where, list);
    }
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < json_array_size(parts); i++) {
        status =
                read_one(draft, where, json_array_get(parts, i), kinds, n, err);
    }
    return status;
}

enum fovea_status
fovea_draft_add_op(struct fovea_draft *draft, const struct fovea_text_op *op,
        struct fovea_error *err)
{
    if (draft->n_ops == FOVEA_MAX_OPS) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
                "more than %d steps before the model", FOVEA_MAX_OPS);
    }
    draft->ops[draft->n_ops++] = *op;
    return FOVEA_OK;
}

enum fovea_status
fovea_read_flag(const struct fovea_draft *draft, const char *where,
        const json_t *object, const char *key, bool fallback, bool *flag_out,
        struct fovea_error *err)
{
    const json_t *value = json_object_get(object, key);
    if (value && !json_is_null(value) && !json_is_boolean(value)) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "%s: \"%s\" is neither true nor false", where, key);
    }
    *flag_out = json_is_boolean(value) ? json_is_true(value) : fallback;
    return FOVEA_OK;
}
