/*
 * Inside of text/: the steps of a normalizer and of a pre-tokenizer, as they
 * stand in a table.
 */
#ifndef FOVEA_TEXT_OP_H
#define FOVEA_TEXT_OP_H

#include <stdint.h>

enum fovea_op_kind {
    /* Of a normalizer: a text to a text. */
    FOVEA_OP_NFC,
    FOVEA_OP_NFD,
    FOVEA_OP_NFKC,
    FOVEA_OP_NFKD,
    FOVEA_OP_LOWERCASE,
    FOVEA_OP_REPLACE, /* what matches the pattern by the content */
    FOVEA_OP_STRIP,   /* flags LEFT and RIGHT */
    FOVEA_OP_PREPEND, /* the content, to what is not empty */
    FOVEA_OP_CHARSMAP,
    /* Of a pre-tokenizer: words to words. */
    FOVEA_OP_SPLIT,
    FOVEA_OP_METASPACE, /* blanks to the content; flags PREPEND and SPLIT */
    FOVEA_N_OPS
};

enum fovea_pattern_kind {
    FOVEA_PATTERN_LITERAL,
    FOVEA_PATTERN_SET,        /* one character of a set, or a run of them */
    FOVEA_PATTERN_CLIP,       /* CLIP's, with its two special tokens */
    FOVEA_PATTERN_CLIP_WORDS, /* the same without */
    FOVEA_PATTERN_GPT2,       /* ByteLevel's own */
    FOVEA_N_PATTERNS
};

/* What becomes of the matches of a Split. */
enum fovea_split_behavior {
    FOVEA_SPLIT_REMOVED,
    FOVEA_SPLIT_ISOLATED,
    FOVEA_SPLIT_MERGED_WITH_PREVIOUS,
    FOVEA_SPLIT_MERGED_WITH_NEXT,
    FOVEA_SPLIT_CONTIGUOUS,
    FOVEA_N_SPLITS
};

enum fovea_op_flag {
    FOVEA_OP_LEFT = 1,
    FOVEA_OP_RIGHT = 2,
    FOVEA_OP_INVERT = 4, /* what does not match counts as matches */
    FOVEA_OP_AS_PREFIX = 8,
    FOVEA_OP_SPLITS = 16,
    FOVEA_OP_RUN = 32,    /* a set: as many characters as there are */
    FOVEA_OP_SPACES = 64, /* a set: has White_Space */
    FOVEA_OP_ASCII = 128  /* the content is ASCII */
};

struct fovea_text_op {
    uint32_t kind;     /* enum fovea_op_kind */
    uint32_t flags;    /* enum fovea_op_flag */
    uint32_t pattern;  /* enum fovea_pattern_kind */
    uint32_t behavior; /* enum fovea_split_behavior */
    uint32_t ascii[4]; /* a set: bit c of the 128 is character c */
    uint32_t other;    /* a set: one more character, or 0 */
    uint32_t min_run;  /* a set: fewer do not match */
    uint32_t text_at;  /* a literal: bytes of the table's strings */
    uint32_t text_size;
    uint32_t content_at;
    uint32_t content_size;
    /* At most so many bytes come out for a byte that is ASCII, or is not. */
    uint32_t growth_ascii;
    uint32_t growth_other;
};

#endif
