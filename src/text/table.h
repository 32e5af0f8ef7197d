/*
 * Inside of text/: a table as it lies in memory or in a file. A header, then
 * parts, each aligned to 8 bytes; every number little-endian; no pointers.
 *
 * The header has a checksum of itself, and of each part: that finds damage.
 * Against a table that was made to deceive stands fovea_table_check(), which
 * leaves no offset, count or id that a reader could follow out of the table.
 */
#ifndef FOVEA_TEXT_TABLE_H
#define FOVEA_TEXT_TABLE_H

#include "fovea/export.h"
#include "fovea/status.h"

#include "text/op.h"
#include "text/profile.h"
#include "text/trie.h"

enum {
    FOVEA_TABLE_VERSION = 1,
    /* What a tokenizer may have at most. */
    FOVEA_MAX_PIECES = 1 << 20,
    FOVEA_MAX_ID_GAPS = 1 << 16, /* ids without a piece */
    FOVEA_MAX_MERGES = 1 << 21,
    FOVEA_MAX_PIECE_BYTES = 4096,
    FOVEA_MAX_WALKED_BYTES = 256, /* of a piece that is looked for everywhere */
    FOVEA_MAX_ADDED = 1 << 16,
    FOVEA_MAX_OPS = 32,
    FOVEA_MAX_TEMPLATE = 16 /* special ids before, or behind */
};

enum fovea_model_kind {
    FOVEA_MODEL_BPE,
    FOVEA_MODEL_UNIGRAM
};

enum fovea_model_flag {
    FOVEA_MODEL_BYTE_LEVEL = 1, /* symbols are bytes in ByteLevel's alphabet */
    FOVEA_MODEL_BYTE_FALLBACK = 2, /* unknown characters become bytes */
    FOVEA_MODEL_FUSE_UNKNOWN = 4,
    FOVEA_MODEL_PADS_LEFT = 8
};

/* The facts of a model, beside the parts. */
struct fovea_table_model {
    uint32_t kind;        /* enum fovea_model_kind */
    uint32_t flags;       /* enum fovea_model_flag */
    uint32_t profile;     /* enum fovea_text_profile; never AUTO */
    uint32_t n_ids;       /* the largest id, and one */
    uint32_t unknown;     /* id, or FOVEA_NO_TOKEN */
    uint32_t pad;         /* id, or FOVEA_NO_TOKEN */
    uint32_t n_before;    /* special ids; the rest of TEMPLATE stands behind */
    uint32_t n_ops;       /* of the normalizer; the rest of OPS pre-tokenizes */
    double unknown_score; /* Unigram: of an unknown character */
};

/* Two ids that become one. Those of a left id stand together, by right id. */
struct fovea_merge {
    uint32_t right;
    uint32_t rank;
    uint32_t merged;
};

/* A character that is a symbol; in ascending order. */
struct fovea_letter {
    uint32_t character;
    uint32_t id;      /* or FOVEA_NO_TOKEN */
    uint32_t last_id; /* with the suffix of a word's end */
};

enum fovea_added_flag {
    FOVEA_ADDED_LSTRIP = 1,
    FOVEA_ADDED_RSTRIP = 2,
    FOVEA_ADDED_SINGLE_WORD = 4
};

/* A token that is looked for before the model; the value in its trie is its
   place in ADDED. */
struct fovea_added {
    uint32_t id;
    uint32_t flags;
};

/* Bytes of the part STRINGS. */
struct fovea_span {
    uint32_t at;
    uint32_t size;
};

#define FOVEA_TRIE_PARTS(name) name##_FIRST, name##_VALUE, name##_LABEL

enum fovea_part {
    FOVEA_PART_OPS,        /* struct fovea_text_op */
    FOVEA_PART_STRINGS,    /* bytes: what ops and replacements refer to */
    FOVEA_PART_TEMPLATE,   /* uint32_t: special ids in front, and behind */
    FOVEA_PART_PIECE_ENDS, /* uint32_t [n_ids]: where each ends in PIECES */
    FOVEA_PART_PIECES,     /* bytes */
    FOVEA_PART_ADDED,      /* struct fovea_added */
    FOVEA_TRIE_PARTS(FOVEA_PART_RAW),    /* looked for in the raw text */
    FOVEA_TRIE_PARTS(FOVEA_PART_NORMAL), /* in normalised text */
    FOVEA_TRIE_PARTS(FOVEA_PART_CHARSMAP),
    FOVEA_PART_REPLACEMENTS, /* struct fovea_span, by value of CHARSMAP */
    FOVEA_PART_BYTE_IDS,     /* uint32_t [256]: of byte fallback; or none */
    FOVEA_PART_MERGE_FIRST,  /* BPE: uint32_t [n_ids + 1] */
    FOVEA_PART_MERGES,       /* BPE: struct fovea_merge */
    FOVEA_PART_LETTERS,      /* BPE: struct fovea_letter */
    FOVEA_PART_SCORES,       /* Unigram: double [n_ids] */
    FOVEA_TRIE_PARTS(FOVEA_PART_PIECE), /* Unigram: values are ids */
    FOVEA_N_PARTS
};

struct fovea_table_part {
    uint64_t offset; /* in the table */
    uint64_t size;   /* bytes */
    uint64_t checksum;
};

struct fovea_table_header {
    char magic[8];
    uint32_t version;
    uint32_t header_size;
    uint64_t size;     /* of the table */
    uint64_t checksum; /* of the header, with 0 in this place */
    struct fovea_table_model model;
    struct fovea_table_part parts[FOVEA_N_PARTS];
};

/* A table that was checked, and where its parts are. */
struct fovea_table {
    const struct fovea_table_model *model;
    const struct fovea_text_op *ops; /* [model->n_ops + n_splits] */
    const uint8_t *strings;
    const uint32_t *template; /* [model->n_before + n_after] */
    const uint32_t *piece_ends;
    const uint8_t *pieces;
    const struct fovea_added *added;
    struct fovea_trie raw;
    struct fovea_trie normal;
    struct fovea_trie charsmap;
    const struct fovea_span *replacements;
    const uint32_t *byte_ids; /* NULL: none */
    const uint32_t *merge_first;
    const struct fovea_merge *merges;
    const struct fovea_letter *letters;
    const double *scores;
    struct fovea_trie piece;
    uint32_t n_splits;
    uint32_t n_after;
    uint32_t n_strings;
    uint32_t n_added;
    uint32_t n_replacements;
    uint32_t n_merges;
    uint32_t n_letters;
};

/** What begins a header. */
void fovea_table_begin(struct fovea_table_header *header);

/** The checksum that belongs into a header. */
uint64_t fovea_table_checksum(const struct fovea_table_header *header);

/**
 * Check a table and find its parts.
 *
 * @param bytes  size bytes, 8-byte aligned; outlive the table.
 * @return FOVEA_OK; FOVEA_ERR_TOKENIZER_INVALID.
 */
FOVEA_NODISCARD enum fovea_status fovea_table_check(const void *bytes,
        size_t size, struct fovea_table *table_out, struct fovea_error *err);

#endif
