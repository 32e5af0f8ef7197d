/* See read_steps.h: the normalizer. */
#include "base/error.h"
#include "base/macros.h"
#include "spec/field.h"
#include "text/read_charsmap.h"
#include "text/read_pattern.h"
#include "text/read_steps.h"

/* How much longer normal forms and lower case make a text: U+1D160 is four bytes
   and twelve composed; U+FDFA three and 33; U+023A two and three. */
enum {
    CANONICAL_GROWTH = 3,
    COMPATIBLE_GROWTH = 11,
    LOWER_GROWTH = 2
};

static enum fovea_status
add_form(struct fovea_draft *draft, enum fovea_op_kind kind, uint32_t growth,
        struct fovea_error *err)
{
    const struct fovea_text_op op = { .kind = kind,
        .growth_ascii = 1,
        .growth_other = growth };
    return fovea_draft_add_op(draft, &op, err);
}

#define FORM_READER(name, kind, growth)                                       \
    static enum fovea_status read_##name(struct fovea_draft *draft,           \
            const char *where, const json_t *object, struct fovea_error *err) \
    {                                                                         \
        (void)where;                                                          \
        (void)object;                                                         \
        return add_form(draft, kind, growth, err);                            \
    }

FORM_READER(nfc, FOVEA_OP_NFC, CANONICAL_GROWTH)
FORM_READER(nfd, FOVEA_OP_NFD, CANONICAL_GROWTH)
FORM_READER(nfkc, FOVEA_OP_NFKC, COMPATIBLE_GROWTH)
FORM_READER(nfkd, FOVEA_OP_NFKD, COMPATIBLE_GROWTH)
FORM_READER(lowercase, FOVEA_OP_LOWERCASE, LOWER_GROWTH)

/* Keep a string of an object as the content of an op. */
static enum fovea_status
read_content(struct fovea_draft *draft, const char *where, const json_t *object,
        const char *key, struct fovea_text_op *op, struct fovea_error *err)
{
    const json_t *content = json_object_get(object, key);
    size_t size = json_string_length(content);
    if (!json_is_string(content) || size > FOVEA_MAX_WALKED_BYTES) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "%s: \"%s\" is missing, or longer than %d bytes", where, key,
                FOVEA_MAX_WALKED_BYTES);
    }
    op->content_size = (uint32_t)size;
    op->flags |= FOVEA_OP_ASCII;
    for (size_t i = 0; i < size; i++) {
        if (json_string_value(content)[i] & 0x80) {
            op->flags &= ~(uint32_t)FOVEA_OP_ASCII;
        }
    }
    return fovea_draft_keep(draft, json_string_value(content), size,
            &op->content_at, err);
}

/* Each match becomes the content. */
static void
set_growth(struct fovea_text_op *op)
{
    uint32_t least = op->pattern == FOVEA_PATTERN_LITERAL ? op->text_size
            : op->min_run > 0                             ? op->min_run
                                                          : 1;
    uint32_t growth = (op->content_size + least - 1) / least;
    op->growth_ascii = growth > 1 ? growth : 1;
    op->growth_other = op->growth_ascii;
}

static enum fovea_status
read_replace(struct fovea_draft *draft, const char *where, const json_t *object,
        struct fovea_error *err)
{
    struct fovea_text_op op = { .kind = FOVEA_OP_REPLACE };
    enum fovea_status status = fovea_read_pattern(draft, where,
            json_object_get(object, "pattern"), &op, err);
    if (!status) {
        status = read_content(draft, where, object, "content", &op, err);
    }
    if (status) {
        return status;
    }
    set_growth(&op);
    return fovea_draft_add_op(draft, &op, err);
}

static enum fovea_status
read_strip(struct fovea_draft *draft, const char *where, const json_t *object,
        struct fovea_error *err)
{
    bool is_left = false;
    bool is_right = false;
    enum fovea_status status = fovea_read_flag(draft, where, object,
            "strip_left", false, &is_left, err);
    if (!status) {
        status = fovea_read_flag(draft, where, object, "strip_right", false,
                &is_right, err);
    }
    if (status) {
        return status;
    }
    const struct fovea_text_op op = {
        .kind = FOVEA_OP_STRIP,
        .flags = (is_left ? FOVEA_OP_LEFT : 0U) |
                (is_right ? FOVEA_OP_RIGHT : 0U),
        .growth_ascii = 1,
        .growth_other = 1,
    };
    return fovea_draft_add_op(draft, &op, err);
}

static enum fovea_status
read_prepend(struct fovea_draft *draft, const char *where, const json_t *object,
        struct fovea_error *err)
{
    struct fovea_text_op op = { .kind = FOVEA_OP_PREPEND,
        .growth_ascii = 1,
        .growth_other = 1 };
    enum fovea_status status =
            read_content(draft, where, object, "prepend", &op, err);
    if (status || op.content_size == 0) {
        return status;
    }
    return fovea_draft_add_op(draft, &op, err);
}

static enum fovea_status
read_precompiled(struct fovea_draft *draft, const char *where,
        const json_t *object, struct fovea_error *err)
{
    struct fovea_text_op op = { .kind = FOVEA_OP_CHARSMAP };
    if (draft->replacements) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
                "%s: there are two of it", where);
    }
    enum fovea_status status = fovea_read_charsmap(draft, where,
            json_object_get(object, "precompiled_charsmap"), &op, err);
    return status ? status : fovea_draft_add_op(draft, &op, err);
}

/* What profiles do, as a normalizer would say it. */
static const char lower_profile[] = "[{\"type\": \"Lowercase\"}]";
static const char canonical_profile[] =
        "[{\"type\": \"Replace\", \"pattern\": {\"String\": \"_\"}, "
        "\"content\": \" \"}, {\"type\": \"Replace\", \"pattern\": {\"Regex\": "
        "\"[!-/:-@\\\\[-`{-~]\"}, \"content\": \"\"}, "
        "{\"type\": \"Lowercase\"}, {\"type\": \"Replace\", \"pattern\": "
        "{\"Regex\": \"\\\\s+\"}, \"content\": \" \"}, {\"type\": \"Strip\", "
        "\"strip_left\": true, \"strip_right\": true}]";

static const struct fovea_component kinds[] = {
    { "NFC", read_nfc },
    { "NFD", read_nfd },
    { "NFKC", read_nfkc },
    { "NFKD", read_nfkd },
    { "Lowercase", read_lowercase },
    { "Replace", read_replace },
    { "Strip", read_strip },
    { "Prepend", read_prepend },
    { "Precompiled", read_precompiled },
};

/* The profile's steps stand in the parts as a component of their own. */
static enum fovea_status
read_profile(struct fovea_draft *draft, struct fovea_error *err)
{
    static const char key[] = "profile";
    if (draft->model.profile == FOVEA_TEXT_FILE) {
        return FOVEA_OK;
    }
    json_t *steps = json_pack("{s:s, s:o}", "type", "Sequence", "normalizers",
            json_loads(draft->model.profile == FOVEA_TEXT_LOWER
                            ? lower_profile
                            : canonical_profile,
                    0, NULL));
    if (!steps || json_object_set_new(draft->parts, key, steps)) {
        return fovea_fail_memory(err, sizeof canonical_profile, "a profile");
    }
    return fovea_read_components(draft, key, "normalizers", kinds,
            FOVEA_ARRAY_LEN(kinds), err);
}

enum fovea_status
fovea_read_normalizer(struct fovea_draft *draft, struct fovea_error *err)
{
    enum fovea_status status = read_profile(draft, err);
    if (!status) {
        status = fovea_read_components(draft, "normalizer", "normalizers",
                kinds, FOVEA_ARRAY_LEN(kinds), err);
    }
    draft->model.n_ops = draft->n_ops;
    if (!status && !draft->replacements) {
        status = fovea_trie_build(NULL, 0, &draft->charsmap, err);
    }
    return status;
}
