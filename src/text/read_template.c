/* See read_model.h: special ids around a text, and padding. */
#include <string.h>

#include "spec/field.h"
#include "text/read_model.h"
#include "text/read_steps.h"

static enum fovea_status
invalid(const struct fovea_draft *draft, const char *where,
        struct fovea_error *err)
{
    return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
            "%s: it has no special token where one belongs, or one without a "
            "valid id",
            where);
}

static enum fovea_status
add_id(struct fovea_draft *draft, const char *where, const json_t *id,
        struct fovea_error *err)
{
    json_int_t number = json_integer_value(id);
    if (!json_is_integer(id) || number < 0 ||
            number >= (json_int_t)draft->model.n_ids) {
        return invalid(draft, where, err);
    }
    if (draft->n_template == 2 * FOVEA_MAX_TEMPLATE) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
                "%s: more than %d special tokens", where,
                2 * FOVEA_MAX_TEMPLATE);
    }
    draft->template[draft->n_template++] = (uint32_t)number;
    return FOVEA_OK;
}

/* [token, id] on each side. */
static enum fovea_status
read_pair(struct fovea_draft *draft, const char *where, const json_t *object,
        struct fovea_error *err)
{
    draft->n_special_processors++;
    enum fovea_status status = add_id(draft, where,
            json_array_get(json_object_get(object, "cls"), 1), err);
    draft->model.n_before = draft->n_template;
    if (!status) {
        status = add_id(draft, where,
                json_array_get(json_object_get(object, "sep"), 1), err);
    }
    return status;
}

/* The ids that a template's special token stands for. */
static enum fovea_status
add_special(struct fovea_draft *draft, const char *where, const json_t *object,
        const json_t *special, struct fovea_error *err)
{
    const char *name = json_string_value(json_object_get(special, "id"));
    const json_t *ids = name
            ? json_object_get(
                      json_object_get(json_object_get(object, "special_tokens"),
                              name),
                      "ids")
            : NULL;
    if (json_array_size(ids) == 0) {
        return invalid(draft, where, err);
    }
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < json_array_size(ids); i++) {
        status = add_id(draft, where, json_array_get(ids, i), err);
    }
    return status;
}

static enum fovea_status
read_template(struct fovea_draft *draft, const char *where,
        const json_t *object, struct fovea_error *err)
{
    const json_t *single = json_object_get(object, "single");
    size_t n_texts = 0;
    draft->n_special_processors++;
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < json_array_size(single); i++) {
        const json_t *part = json_array_get(single, i);
        const json_t *special = json_object_get(part, "SpecialToken");
        if (special) {
            status = add_special(draft, where, object, special, err);
        } else {
            n_texts++;
            draft->model.n_before = draft->n_template;
        }
    }
    if (!status && n_texts != 1) {
        status = fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
                "%s: a template without the text, or with it twice, is not "
                "understood",
                where);
    }
    return status;
}

/* It would only correct offsets, which nobody wants here. */
static enum fovea_status
read_byte_level(struct fovea_draft *draft, const char *where,
        const json_t *object, struct fovea_error *err)
{
    (void)draft;
    (void)where;
    (void)object;
    (void)err;
    return FOVEA_OK;
}

enum fovea_status
fovea_read_post_processor(struct fovea_draft *draft, struct fovea_error *err)
{
    static const struct fovea_component kinds[] = {
        { "TemplateProcessing", read_template },
        { "RobertaProcessing", read_pair },
        { "BertProcessing", read_pair },
        { "ByteLevel", read_byte_level },
    };
    enum fovea_status status = fovea_read_components(draft, "post_processor",
            "processors", kinds, FOVEA_ARRAY_LEN(kinds), err);
    if (!status && draft->n_special_processors > 1) {
        status = fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
                "post_processor: two that add special tokens are not "
                "understood");
    }
    return status;
}

enum fovea_status
fovea_read_padding(struct fovea_draft *draft, const json_t *config,
        struct fovea_error *err)
{
    const json_t *token = json_object_get(config, "pad_token");
    const json_t *side = json_object_get(config, "padding_side");
    draft->model.pad = FOVEA_NO_TOKEN;
    if (json_is_object(token)) {
        token = json_object_get(token, "content");
    }
    if (json_is_string(token)) {
        draft->model.pad = fovea_vocabulary_find(&draft->vocabulary,
                json_string_value(token), json_string_length(token));
        if (draft->model.pad == FOVEA_NO_TOKEN) {
            return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                    "tokenizer_config.json's pad_token \"%s\" is not in the "
                    "vocabulary",
                    fovea_show(json_string_value(token)).text);
        }
    }
    const char *name = json_string_value(side);
    if (name && strcmp(name, "left") == 0) {
        draft->model.flags |= FOVEA_MODEL_PADS_LEFT;
    }
    return FOVEA_OK;
}
