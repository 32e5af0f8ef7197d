/* See read_steps.h: the pre-tokenizer. */
#include <string.h>

#include "base/macros.h"
#include "spec/field.h"
#include "text/read_pattern.h"
#include "text/read_steps.h"

static enum fovea_status
add_split(struct fovea_draft *draft, const char *where,
        struct fovea_text_op *op, struct fovea_error *err)
{
    if (draft->model.flags & FOVEA_MODEL_BYTE_LEVEL) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
                "%s behind ByteLevel is not understood", where);
    }
    op->growth_ascii = op->growth_ascii ? op->growth_ascii : 1;
    op->growth_other = op->growth_other ? op->growth_other : 1;
    return fovea_draft_add_op(draft, op, err);
}

static enum fovea_status
read_behavior(const struct fovea_draft *draft, const char *where,
        const json_t *object, uint32_t *behavior_out, struct fovea_error *err)
{
    static const char *const names[FOVEA_N_SPLITS] = {
        [FOVEA_SPLIT_REMOVED] = "Removed",
        [FOVEA_SPLIT_ISOLATED] = "Isolated",
        [FOVEA_SPLIT_MERGED_WITH_PREVIOUS] = "MergedWithPrevious",
        [FOVEA_SPLIT_MERGED_WITH_NEXT] = "MergedWithNext",
        [FOVEA_SPLIT_CONTIGUOUS] = "Contiguous",
    };
    const char *name = json_string_value(json_object_get(object, "behavior"));
    for (uint32_t i = 0; name && i < FOVEA_N_SPLITS; i++) {
        if (strcmp(names[i], name) == 0) {
            *behavior_out = i;
            return FOVEA_OK;
        }
    }
    return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
            "%s: the behavior \"%s\" is not understood", where,
            name ? fovea_show(name).text : "");
}

static enum fovea_status
read_split(struct fovea_draft *draft, const char *where, const json_t *object,
        struct fovea_error *err)
{
    struct fovea_text_op op = { .kind = FOVEA_OP_SPLIT };
    bool inverts = false;
    enum fovea_status status = fovea_read_pattern(draft, where,
            json_object_get(object, "pattern"), &op, err);
    if (!status) {
        status = read_behavior(draft, where, object, &op.behavior, err);
    }
    if (!status) {
        status = fovea_read_flag(draft, where, object, "invert", false,
                &inverts, err);
    }
    if (status) {
        return status;
    }
    op.flags |= inverts ? FOVEA_OP_INVERT : 0U;
    return add_split(draft, where, &op, err);
}

static enum fovea_status
read_whitespace_split(struct fovea_draft *draft, const char *where,
        const json_t *object, struct fovea_error *err)
{
    (void)object;
    struct fovea_text_op op = {
        .kind = FOVEA_OP_SPLIT,
        .pattern = FOVEA_PATTERN_SET,
        .flags = FOVEA_OP_SPACES,
        .min_run = 1,
        .behavior = FOVEA_SPLIT_REMOVED,
    };
    return add_split(draft, where, &op, err);
}

/* Symbols are bytes from here on; its own pattern cuts first. */
static enum fovea_status
read_byte_level(struct fovea_draft *draft, const char *where,
        const json_t *object, struct fovea_error *err)
{
    bool adds_blank = true;
    bool has_pattern = true;
    enum fovea_status status = fovea_read_flag(draft, where, object,
            "add_prefix_space", true, &adds_blank, err);
    if (!status) {
        status = fovea_read_flag(draft, where, object, "use_regex", true,
                &has_pattern, err);
    }
    if (!status && adds_blank) {
        status = fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
                "%s: add_prefix_space is not understood", where);
    }
    if (!status && has_pattern) {
        struct fovea_text_op op = {
            .kind = FOVEA_OP_SPLIT,
            .pattern = FOVEA_PATTERN_GPT2,
            .behavior = FOVEA_SPLIT_ISOLATED,
        };
        status = add_split(draft, where, &op, err);
    }
    draft->model.flags |= FOVEA_MODEL_BYTE_LEVEL;
    return status;
}

/* Whether the mark goes in front of every word. Older files say it by a flag. */
static enum fovea_status
read_prefix(const struct fovea_draft *draft, const char *where,
        const json_t *object, bool *has_prefix_out, struct fovea_error *err)
{
    const json_t *scheme = json_object_get(object, "prepend_scheme");
    if (!scheme || json_is_null(scheme)) {
        return fovea_read_flag(draft, where, object, "add_prefix_space", true,
                has_prefix_out, err);
    }
    const char *name = json_string_value(scheme);
    if (name && strcmp(name, "always") == 0) {
        *has_prefix_out = true;
        return FOVEA_OK;
    }
    if (name && strcmp(name, "never") == 0) {
        *has_prefix_out = false;
        return FOVEA_OK;
    }
    return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
            "%s: the prepend_scheme \"%s\" is not understood", where,
            name ? fovea_show(name).text : "");
}

static enum fovea_status
read_metaspace(struct fovea_draft *draft, const char *where,
        const json_t *object, struct fovea_error *err)
{
    const json_t *mark = json_object_get(object, "replacement");
    size_t size = json_string_length(mark);
    bool has_prefix = false;
    bool splits = true;
    for (uint32_t i = draft->model.n_ops; i < draft->n_ops; i++) {
        if (draft->ops[i].kind == FOVEA_OP_METASPACE) {
            return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
                    "%s: there are two of it", where);
        }
    }
    if (!json_is_string(mark) || size == 0 || size > 4) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "%s: its replacement is not one character", where);
    }
    enum fovea_status status =
            read_prefix(draft, where, object, &has_prefix, err);
    if (!status) {
        status = fovea_read_flag(draft, where, object, "split", true, &splits,
                err);
    }
    struct fovea_text_op op = {
        .kind = FOVEA_OP_METASPACE,
        .flags = (has_prefix ? FOVEA_OP_AS_PREFIX : 0U) |
                (splits ? FOVEA_OP_SPLITS : 0U),
        .content_size = (uint32_t)size,
        /* A byte that is a word gets the mark in front. */
        .growth_ascii = (uint32_t)size + 1,
        .growth_other = (uint32_t)size + 1,
    };
    if (!status) {
        status = fovea_draft_keep(draft, json_string_value(mark), size,
                &op.content_at, err);
    }
    return status ? status : add_split(draft, where, &op, err);
}

enum fovea_status
fovea_read_pre_tokenizer(struct fovea_draft *draft, struct fovea_error *err)
{
    static const struct fovea_component kinds[] = {
        { "Split", read_split },
        { "WhitespaceSplit", read_whitespace_split },
        { "ByteLevel", read_byte_level },
        { "Metaspace", read_metaspace },
    };
    return fovea_read_components(draft, "pre_tokenizer", "pretokenizers", kinds,
            FOVEA_ARRAY_LEN(kinds), err);
}
