/* See read_model.h: added tokens. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "spec/field.h"
#include "text/normalize.h"
#include "text/plan.h"
#include "text/read_model.h"
#include "text/read_steps.h"
#include "text/unicode.h"

static const char where[] = "added_tokens";

enum {
    /* What normalising one may take. There may be thousands, of 256 bytes, and
       steps that each make a text so many times longer. */
    MAX_SCRATCH = 1 << 20
};

/* A token and the text that is looked for. */
struct added {
    uint32_t id;
    uint32_t flags;
    bool is_normalized;
    bool is_special;
    const json_t *content;
};

/* The tokens of a trie, and the text of those that are normalised. */
struct adding {
    struct fovea_trie_key *keys; /* of those that are not */
    size_t n;
    struct fovea_trie_key *normal_keys;
    size_t n_normal;
    struct fovea_draft_bytes texts;
    bool takes_right; /* there is one with rstrip */
    bool has_blank;   /* there is one that begins with white space */
};

static enum fovea_status
fail(const struct fovea_draft *draft, enum fovea_status code, size_t i,
        const char *what, struct fovea_error *err)
{
    return fovea_draft_fail(draft, code, err, "added_tokens: number %zu %s", i,
            what);
}

static enum fovea_status
read_flags(const struct fovea_draft *draft, const json_t *object,
        struct added *added, struct fovea_error *err)
{
    static const struct {
        const char *key;
        enum fovea_added_flag flag;
    } rows[] = {
        { "lstrip", FOVEA_ADDED_LSTRIP },
        { "rstrip", FOVEA_ADDED_RSTRIP },
        { "single_word", FOVEA_ADDED_SINGLE_WORD },
    };
    enum fovea_status status = fovea_read_flag(draft, where, object, "special",
            false, &added->is_special, err);
    if (!status) {
        status = fovea_read_flag(draft, where, object, "normalized",
                !added->is_special, &added->is_normalized, err);
    }
    for (size_t i = 0; !status && i < FOVEA_ARRAY_LEN(rows); i++) {
        bool is_set = false;
        status = fovea_read_flag(draft, where, object, rows[i].key, false,
                &is_set, err);
        added->flags |= is_set ? (uint32_t)rows[i].flag : 0U;
    }
    return status;
}

/* What is in the vocabulary keeps its id; what is not gets the next one. */
static enum fovea_status
give_id(struct fovea_draft *draft, size_t i, struct added *added,
        struct fovea_error *err)
{
    const char *text = json_string_value(added->content);
    size_t size = json_string_length(added->content);
    uint32_t known = fovea_vocabulary_find(&draft->vocabulary, text, size);
    if (known != FOVEA_NO_TOKEN) {
        return known == added->id
                ? FOVEA_OK
                : fail(draft, FOVEA_ERR_TOKENIZER_INVALID, i,
                          "has another id in the vocabulary", err);
    }
    if (added->id != draft->model.n_ids) {
        return fail(draft, FOVEA_ERR_TOKENIZER_INVALID, i,
                "is not in the vocabulary, and its id is not the next one",
                err);
    }
    draft->model.n_ids++;
    enum fovea_status status = fovea_vocabulary_add(&draft->vocabulary, text,
            size, added->id, err);
    if (status == FOVEA_ERR_TOKENIZER_INVALID) {
        fovea_error_prefix(err, "%s: added_tokens", draft->name);
    }
    return status;
}

static enum fovea_status
read_added(struct fovea_draft *draft, size_t i, const json_t *object,
        struct added *added, struct fovea_error *err)
{
    const json_t *id = json_object_get(object, "id");
    json_int_t number = json_integer_value(id);
    *added = (struct added){ .content = json_object_get(object, "content") };
    if (!json_is_integer(id) || number < 0 ||
            number >= FOVEA_MAX_PIECES + FOVEA_MAX_ID_GAPS ||
            !json_is_string(added->content)) {
        return fail(draft, FOVEA_ERR_TOKENIZER_INVALID, i,
                "has no content, or no id", err);
    }
    if (json_string_length(added->content) > FOVEA_MAX_WALKED_BYTES) {
        return fail(draft, FOVEA_ERR_TOKENIZER_INVALID, i, "is too long", err);
    }
    added->id = (uint32_t)number;
    return read_flags(draft, object, added, err);
}

static enum fovea_status
too_long(const struct fovea_draft *draft, struct fovea_error *err)
{
    return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
            "added_tokens: the normalizer makes one too long");
}

/* The text that is looked for in normalised text, behind the other texts. */
static enum fovea_status
normalise(const struct fovea_draft *draft, const struct added *added,
        struct fovea_draft_bytes *texts, size_t *size_out,
        struct fovea_error *err)
{
    const struct fovea_table table = {
        .model = &draft->model,
        .ops = draft->ops,
        .strings = draft->strings.data,
        .charsmap = draft->charsmap,
        .replacements = draft->replacements,
    };
    const uint8_t *text = (const uint8_t *)json_string_value(added->content);
    size_t size = json_string_length(added->content);
    FOVEA_AUTO(fovea_scratch_free) struct fovea_scratch scratch = { 0 };
    if (fovea_scratch_bytes(&table, text, size) > MAX_SCRATCH) {
        return too_long(draft, err);
    }
    enum fovea_status status =
            fovea_scratch_take(&table, text, size, &scratch, err);
    if (!status) {
        status = fovea_normalize(&table, text, size, &scratch, &text, &size,
                err);
    }
    if (status) {
        return status;
    }
    if (size > FOVEA_MAX_WALKED_BYTES || size > texts->capacity - texts->size) {
        return too_long(draft, err);
    }
    memcpy(texts->data + texts->size, text, size);
    *size_out = size;
    return FOVEA_OK;
}

static enum fovea_status
add_token(struct fovea_draft *draft, struct adding *adding, size_t i,
        const struct added *added, struct fovea_error *err)
{
    uint32_t place = (uint32_t)draft->n_added;
    draft->added[draft->n_added++] =
            (struct fovea_added){ added->id, added->flags };
    size_t size = json_string_length(added->content);
    const uint8_t *text = (const uint8_t *)json_string_value(added->content);
    struct fovea_trie_key *key = &adding->keys[adding->n];
    if (added->is_normalized) {
        enum fovea_status status =
                normalise(draft, added, &adding->texts, &size, err);
        if (status) {
            return status;
        }
        text = adding->texts.data + adding->texts.size;
        adding->texts.size += size;
        key = &adding->normal_keys[adding->n_normal++];
    } else {
        adding->n++;
    }
    if (size == 0) {
        return fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, i,
                "is nothing when it is normalised", err);
    }
    uint32_t first = 0;
    (void)fovea_char_next(text, text + size, &first);
    adding->has_blank |= fovea_char_is_space(first);
    adding->takes_right |= (added->flags & FOVEA_ADDED_RSTRIP) != 0;
    *key = (struct fovea_trie_key){ text, (uint32_t)size, place };
    return FOVEA_OK;
}

/* Special ones first: of two that are looked for alike the first is found. */
static enum fovea_status
add_tokens(struct fovea_draft *draft, struct adding *adding, const json_t *list,
        bool is_special, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < json_array_size(list); i++) {
        struct added added;
        status = read_added(draft, i, json_array_get(list, i), &added, err);
        if (status || json_string_length(added.content) == 0) {
            continue;
        }
        if (is_special) { /* ids once, in the order of the list */
            status = give_id(draft, i, &added, err);
        }
        if (!status && added.is_special == is_special) {
            status = add_token(draft, adding, i, &added, err);
        }
    }
    return status;
}

static enum fovea_status
build_tries(struct fovea_draft *draft, struct adding *adding,
        struct fovea_error *err)
{
    if (adding->has_blank && adding->takes_right) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
                "added_tokens: one with rstrip beside one that begins with "
                "white space is not understood");
    }
    enum fovea_status status =
            fovea_trie_build(adding->keys, adding->n, &draft->raw, err);
    return status ? status
                  : fovea_trie_build(adding->normal_keys, adding->n_normal,
                            &draft->normal, err);
}

enum fovea_status
fovea_read_added_tokens(struct fovea_draft *draft, struct fovea_error *err)
{
    const json_t *list = json_object_get(draft->parts, where);
    size_t n = json_array_size(list);
    if ((list && !json_is_null(list) && !json_is_array(list)) ||
            n > FOVEA_MAX_ADDED) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "added_tokens: no list, or more than %d", FOVEA_MAX_ADDED);
    }
    /* Texts of keys must not move. */
    size_t room = (n + 1) * FOVEA_MAX_WALKED_BYTES;
    FOVEA_AUTO_FREE struct fovea_trie_key *keys = calloc(n + 1, sizeof *keys);
    FOVEA_AUTO_FREE struct fovea_trie_key *normal_keys =
            calloc(n + 1, sizeof *keys);
    FOVEA_AUTO_FREE uint8_t *texts = malloc(room);
    draft->added = calloc(n + 1, sizeof *draft->added);
    if (!keys || !normal_keys || !texts || !draft->added) {
        return fovea_fail_memory(err, room, "added tokens");
    }
    struct adding adding = {
        .keys = keys,
        .normal_keys = normal_keys,
        .texts = { texts, 0, room },
    };
    enum fovea_status status = add_tokens(draft, &adding, list, true, err);
    if (!status) {
        status = add_tokens(draft, &adding, list, false, err);
    }
    return status ? status : build_tries(draft, &adding, err);
}
