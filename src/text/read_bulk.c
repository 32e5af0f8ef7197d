/* See read_bulk.h. */
#include "text/read_bulk.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "spec/field.h"

void
fovea_bulk_finish(struct fovea_bulk *bulk)
{
    free(bulk->text);
    bulk->text = NULL;
}

static enum fovea_status
keep_text(struct fovea_bulk *bulk, const struct fovea_json_event *event,
        struct fovea_error *err)
{
    if (event->size >= bulk->capacity) {
        size_t capacity = event->size + 256;
        char *text = realloc(bulk->text, capacity);
        if (!text) {
            return fovea_fail_memory(err, capacity, "a piece");
        }
        bulk->text = text;
        bulk->capacity = capacity;
    }
    memcpy(bulk->text, event->text, event->size);
    bulk->text[event->size] = '\0';
    bulk->text_size = event->size;
    bulk->has_text = true;
    return FOVEA_OK;
}

static enum fovea_status
add_piece(struct fovea_draft *draft, struct fovea_bulk *bulk, uint32_t id,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_vocabulary_add(&draft->vocabulary,
            bulk->text, bulk->text_size, id, err);
    if (status == FOVEA_ERR_TOKENIZER_INVALID) {
        fovea_error_prefix(err, "%s: the vocabulary's piece %zu (\"%s\")",
                draft->name, draft->vocabulary.n, fovea_show(bulk->text).text);
    }
    bulk->has_text = false;
    return status;
}

static enum fovea_status
wrong(const struct fovea_draft *draft, const char *where, size_t at,
        const char *what, struct fovea_error *err)
{
    return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
            "%s %zu %s", where, at, what);
}

static enum fovea_status
take_named(struct fovea_draft *draft, struct fovea_bulk *bulk,
        const struct fovea_json_event *event, struct fovea_error *err)
{
    if (event->kind == FOVEA_JSON_KEY) {
        return keep_text(bulk, event, err);
    }
    if (event->kind != FOVEA_JSON_INTEGER || event->integer < 0 ||
            event->integer >= FOVEA_MAX_PIECES + FOVEA_MAX_ID_GAPS) {
        return wrong(draft, "the vocabulary's piece", draft->vocabulary.n,
                "has no id, or one that is too large", err);
    }
    return add_piece(draft, bulk, (uint32_t)event->integer, err);
}

/* [piece, score] */
static enum fovea_status
take_scored(struct fovea_draft *draft, struct fovea_bulk *bulk,
        const struct fovea_json_event *event, struct fovea_error *err)
{
    bool is_inside = event->depth == bulk->depth + 2;
    if (event->kind == FOVEA_JSON_ARRAY && event->depth == bulk->depth + 1) {
        bulk->has_text = false;
        bulk->has_score = false;
        return FOVEA_OK;
    }
    if (event->kind == FOVEA_JSON_STRING && is_inside && !bulk->has_text) {
        return keep_text(bulk, event, err);
    }
    if ((event->kind == FOVEA_JSON_INTEGER || event->kind == FOVEA_JSON_REAL) &&
            is_inside && bulk->has_text && !bulk->has_score) {
        bulk->score = event->real;
        bulk->has_score = true;
        return FOVEA_OK;
    }
    if (event->kind != FOVEA_JSON_ARRAY_END || !bulk->has_score) {
        return wrong(draft, "the vocabulary's piece", draft->vocabulary.n,
                "is not [piece, score]", err);
    }
    enum fovea_status status =
            fovea_draft_grow((void **)&draft->scores, draft->n_scores,
                    &draft->scores_capacity, sizeof *draft->scores, err);
    if (status) {
        return status;
    }
    draft->scores[draft->n_scores++] = bulk->score;
    bulk->has_score = false;
    return add_piece(draft, bulk, (uint32_t)draft->vocabulary.n, err);
}

enum fovea_status
fovea_bulk_take_vocabulary(struct fovea_draft *draft, struct fovea_bulk *bulk,
        const struct fovea_json_event *event, struct fovea_error *err)
{
    if (!bulk->is_open) {
        if (draft->has_vocabulary ||
                (event->kind != FOVEA_JSON_OBJECT &&
                        event->kind != FOVEA_JSON_ARRAY)) {
            return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                    "the vocabulary is there twice, or no list");
        }
        bulk->is_open = true;
        bulk->depth = event->depth;
        draft->has_vocabulary = true;
        draft->is_list = event->kind == FOVEA_JSON_ARRAY;
        return FOVEA_OK;
    }
    if (event->depth == bulk->depth) {
        bulk->is_open = false;
        return FOVEA_OK;
    }
    return draft->is_list ? take_scored(draft, bulk, event, err)
                          : take_named(draft, bulk, event, err);
}

static enum fovea_status
add_pair(struct fovea_draft *draft, const struct fovea_entry *left,
        const struct fovea_entry *right, struct fovea_error *err)
{
    size_t rank = draft->n_merges;
    if (rank == FOVEA_MAX_MERGES) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "more merges than the %d that are read", FOVEA_MAX_MERGES);
    }
    if (!left || !right) {
        return wrong(draft, "merge", rank,
                "joins what is not in the vocabulary", err);
    }
    uint32_t merged =
            fovea_vocabulary_find_pair(&draft->vocabulary, left, right);
    if (merged == FOVEA_NO_TOKEN) {
        return wrong(draft, "merge", rank,
                "makes what is not in the vocabulary", err);
    }
    enum fovea_status status = fovea_draft_grow((void **)&draft->merges, rank,
            &draft->merges_capacity, sizeof *draft->merges, err);
    if (!status) {
        draft->merges[draft->n_merges++] = (struct fovea_draft_merge){ left->id,
            right->id, (uint32_t)rank, merged };
    }
    return status;
}

enum fovea_status
fovea_bulk_add_merge(struct fovea_draft *draft, const char *text, size_t size,
        struct fovea_error *err)
{
    const char *blank = size > 0 ? memchr(text, ' ', size) : NULL;
    size_t left = blank ? (size_t)(blank - text) : size;
    size_t right = size - left - (blank != NULL);
    if (!blank || (right > 0 && memchr(blank + 1, ' ', right))) {
        return wrong(draft, "merge", draft->n_merges,
                "is not two pieces with a blank between", err);
    }
    return add_pair(draft,
            fovea_vocabulary_entry(&draft->vocabulary, text, left),
            fovea_vocabulary_entry(&draft->vocabulary, blank + 1, right), err);
}

/* ["a", "b"] */
static enum fovea_status
take_part(struct fovea_draft *draft, struct fovea_bulk *bulk,
        const struct fovea_json_event *event, struct fovea_error *err)
{
    const struct fovea_entry *entry = fovea_vocabulary_entry(&draft->vocabulary,
            event->text, event->size);
    if (!entry) {
        return wrong(draft, "merge", draft->n_merges,
                "joins what is not in the vocabulary", err);
    }
    bulk->n_parts++;
    if (bulk->n_parts == 1) {
        bulk->left = (uint32_t)(entry - draft->vocabulary.entries);
        return FOVEA_OK;
    }
    return add_pair(draft, &draft->vocabulary.entries[bulk->left], entry, err);
}

enum fovea_status
fovea_bulk_take_merges(struct fovea_draft *draft, struct fovea_bulk *bulk,
        const struct fovea_json_event *event, struct fovea_error *err)
{
    if (!bulk->is_open) {
        if (draft->has_merges || event->kind != FOVEA_JSON_ARRAY) {
            return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                    "the merges are there twice, or no list");
        }
        bulk->is_open = true;
        bulk->depth = event->depth;
        draft->has_merges = true;
        return FOVEA_OK;
    }
    if (event->depth == bulk->depth) {
        bulk->is_open = false;
        return FOVEA_OK;
    }
    if (event->depth == bulk->depth + 1) {
        switch (event->kind) {
        case FOVEA_JSON_STRING:
            return fovea_bulk_add_merge(draft, event->text, event->size, err);
        case FOVEA_JSON_ARRAY:
            bulk->n_parts = 0;
            return FOVEA_OK;
        case FOVEA_JSON_ARRAY_END:
            if (bulk->n_parts == 2) {
                return FOVEA_OK;
            }
            break;
        case FOVEA_JSON_NULL:
        case FOVEA_JSON_BOOL:
        case FOVEA_JSON_INTEGER:
        case FOVEA_JSON_REAL:
        case FOVEA_JSON_KEY:
        case FOVEA_JSON_OBJECT:
        case FOVEA_JSON_OBJECT_END:
            break;
        }
    } else if (event->kind == FOVEA_JSON_STRING && bulk->n_parts < 2) {
        return take_part(draft, bulk, event, err);
    }
    return wrong(draft, "merge", draft->n_merges,
            "is neither \"a b\" nor [\"a\", \"b\"]", err);
}
