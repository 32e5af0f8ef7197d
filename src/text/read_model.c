/* See read_model.h: the model. */
#include "text/read_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "spec/field.h"
#include "text/read_steps.h"

static const char where[] = "model";

static enum fovea_status
unsupported(const struct fovea_draft *draft, const char *what,
        struct fovea_error *err)
{
    return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
            "model: %s", what);
}

static const json_t *
field(const struct fovea_draft *draft, const char *key)
{
    const json_t *model = json_object_get(draft->parts, where);
    const json_t *value = json_object_get(model, key);
    return json_is_null(value) ? NULL : value;
}

/* Byte fallback: the ids of <0x00> to <0xFF>, those there are. */
static void
find_byte_ids(struct fovea_draft *draft)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        char piece[8];
        int n = snprintf(piece, sizeof piece, "<0x%02X>", byte);
        draft->byte_ids[byte] =
                fovea_vocabulary_find(&draft->vocabulary, piece, (size_t)n);
    }
}

static enum fovea_status
read_flag(struct fovea_draft *draft, const char *key,
        enum fovea_model_flag flag, struct fovea_error *err)
{
    bool is_set = false;
    enum fovea_status status = fovea_read_flag(draft, where,
            json_object_get(draft->parts, where), key, false, &is_set, err);
    draft->model.flags |= is_set ? (uint32_t)flag : 0U;
    return status;
}

static bool
is_text_or_none(const json_t *value)
{
    return !value || json_is_string(value);
}

/* Settings that change what comes out and that nobody's files have. */
static enum fovea_status
refuse_settings(const struct fovea_draft *draft, struct fovea_error *err)
{
    const json_t *prefix = field(draft, "continuing_subword_prefix");
    const json_t *dropout = field(draft, "dropout");
    if (prefix && json_string_length(prefix) > 0) {
        return unsupported(draft, "continuing_subword_prefix is not understood",
                err);
    }
    if (dropout && json_number_value(dropout) > 0) {
        return unsupported(draft, "dropout is not understood", err);
    }
    const json_t *ignores = field(draft, "ignore_merges");
    if (ignores && json_typeof(ignores) == JSON_TRUE) {
        return unsupported(draft, "ignore_merges is not understood", err);
    }
    return FOVEA_OK;
}

static enum fovea_status
read_bpe(struct fovea_draft *draft, struct fovea_error *err)
{
    const json_t *unknown = field(draft, "unk_token");
    const json_t *suffix = field(draft, "end_of_word_suffix");
    if (!is_text_or_none(unknown) || !is_text_or_none(suffix)) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "model: unk_token or end_of_word_suffix is not a string");
    }
    enum fovea_status status = refuse_settings(draft, err);
    if (!status) {
        status = read_flag(draft, "fuse_unk", FOVEA_MODEL_FUSE_UNKNOWN, err);
    }
    if (!status) {
        status = read_flag(draft, "byte_fallback", FOVEA_MODEL_BYTE_FALLBACK,
                err);
    }
    draft->suffix = suffix ? json_string_value(suffix) : "";
    if (!status && (draft->model.flags & FOVEA_MODEL_BYTE_FALLBACK) &&
            (draft->suffix[0] ||
                    (draft->model.flags & FOVEA_MODEL_BYTE_LEVEL))) {
        status = unsupported(draft,
                "byte_fallback with ByteLevel or end_of_word_suffix is not "
                "understood",
                err);
    }
    if (!status && unknown) {
        draft->model.unknown = fovea_vocabulary_find(&draft->vocabulary,
                json_string_value(unknown), json_string_length(unknown));
        if (draft->model.unknown == FOVEA_NO_TOKEN) {
            status = fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                    "model: its unk_token \"%s\" is not in the vocabulary",
                    fovea_show(json_string_value(unknown)).text);
        }
    }
    return status;
}

static enum fovea_status
read_unigram(struct fovea_draft *draft, struct fovea_error *err)
{
    const json_t *unknown = field(draft, "unk_id");
    json_int_t id = json_integer_value(unknown);
    double least = (double)INFINITY;
    if (!unknown) {
        return unsupported(draft, "Unigram without unk_id is not understood",
                err);
    }
    if (!json_is_integer(unknown) || id < 0 || (size_t)id >= draft->n_scores) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "model: unk_id is not a piece");
    }
    for (size_t i = 0; i < draft->n_scores; i++) {
        least = draft->scores[i] < least ? draft->scores[i] : least;
        if (draft->vocabulary.entries[i].size > FOVEA_MAX_WALKED_BYTES) {
            return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                    "model: piece %zu has more than %d bytes", i,
                    FOVEA_MAX_WALKED_BYTES);
        }
    }
    draft->model.kind = FOVEA_MODEL_UNIGRAM;
    draft->model.unknown = (uint32_t)id;
    draft->model.unknown_score = least - 10.0;
    return read_flag(draft, "byte_fallback", FOVEA_MODEL_BYTE_FALLBACK, err);
}

/* Old files do not name the model; its lists tell it. */
static const char *
model_type(const struct fovea_draft *draft)
{
    const json_t *type = field(draft, "type");
    if (type) {
        return json_string_value(type);
    }
    return draft->is_list ? "Unigram" : draft->has_merges ? "BPE" : "WordPiece";
}

enum fovea_status
fovea_read_model(struct fovea_draft *draft, struct fovea_error *err)
{
    const char *type = model_type(draft);
    bool is_bpe = type && strcmp(type, "BPE") == 0;
    bool is_unigram = type && strcmp(type, "Unigram") == 0;
    if (!draft->has_vocabulary || draft->vocabulary.n == 0 || !type) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "model: it has no vocabulary, or its type is no string");
    }
    if (!is_bpe && !is_unigram) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
                "model %s is not understood", fovea_show(type).text);
    }
    if (is_unigram != draft->is_list || is_bpe != draft->has_merges) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "model: its lists are not those of %s", type);
    }
    if (is_unigram && (draft->model.flags & FOVEA_MODEL_BYTE_LEVEL)) {
        return unsupported(draft, "Unigram with ByteLevel is not understood",
                err);
    }
    draft->n_model_entries = draft->vocabulary.n;
    for (size_t i = 0; i < draft->vocabulary.n; i++) {
        uint32_t id = draft->vocabulary.entries[i].id;
        draft->model.n_ids =
                id >= draft->model.n_ids ? id + 1 : draft->model.n_ids;
    }
    find_byte_ids(draft);
    return is_bpe ? read_bpe(draft, err) : read_unigram(draft, err);
}
