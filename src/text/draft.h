/*
 * Inside of text/: a tokenizer as it is read, before it is a table.
 */
#ifndef FOVEA_TEXT_DRAFT_H
#define FOVEA_TEXT_DRAFT_H

#include <jansson.h>

#include "base/macros.h"
#include "text/table.h"
#include "text/vocabulary.h"

/* A merge as it is read; its place is its rank until they are sorted. */
struct fovea_draft_merge {
    uint32_t left;
    uint32_t right;
    uint32_t rank;
    uint32_t merged;
};

/** Bytes that grow. */
struct fovea_draft_bytes {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

struct fovea_draft {
    const char *name; /* of the file, in messages */
    json_t *parts;    /* tokenizer.json but for vocabulary and merges; owned */

    struct fovea_vocabulary vocabulary;
    size_t n_model_entries; /* of the vocabulary; what follows was added */
    double *scores;         /* by entry, if it is a list of pieces and scores */
    size_t n_scores;
    size_t scores_capacity;
    struct fovea_draft_merge *merges;
    size_t n_merges;
    size_t merges_capacity;
    bool has_vocabulary;
    bool has_merges;
    bool is_list; /* pieces with scores, not names with ids */

    struct fovea_table_model model;
    struct fovea_text_op
            ops[FOVEA_MAX_OPS]; /* normalizer, then pre-tokenizer */
    uint32_t n_ops;
    struct fovea_draft_bytes strings;
    uint32_t template[2 * FOVEA_MAX_TEMPLATE];
    uint32_t n_template;
    unsigned n_special_processors; /* that filled the template */
    const char *suffix;            /* of a word's end; borrowed from parts */
    uint32_t byte_ids[256];
    struct fovea_added *added;
    size_t n_added;
    struct fovea_trie raw;
    struct fovea_trie normal;
    struct fovea_trie charsmap;
    struct fovea_span *replacements;
    size_t n_replacements;
};

void fovea_draft_finish(struct fovea_draft *draft);

/** Keep bytes for the table; *at_out: where in its strings. */
FOVEA_NODISCARD enum fovea_status fovea_draft_keep(struct fovea_draft *draft,
        const void *bytes, size_t size, uint32_t *at_out,
        struct fovea_error *err);

/** "<file>: <format...>" */
enum fovea_status fovea_draft_fail(const struct fovea_draft *draft,
        enum fovea_status code, struct fovea_error *err, const char *format,
        ...) FOVEA_PRINTF(4, 5);

/** Make room for one more of n elements: *array may move. */
FOVEA_NODISCARD enum fovea_status fovea_draft_grow(void **array, size_t n,
        size_t *capacity, size_t element, struct fovea_error *err);

#endif
