/*
 * Inside of text/: the memory that a text is worked on in. One block, whose
 * parts are as large as the text can make them; who writes beyond that has a
 * table that lied about its steps, and stops.
 */
#ifndef FOVEA_TEXT_SCRATCH_H
#define FOVEA_TEXT_SCRATCH_H

#include <string.h>

#include "text/table.h"

/* A piece of a text: bytes start to start + size - 1. */
struct fovea_word {
    uint32_t start;
    uint32_t size;
};

struct fovea_words {
    struct fovea_word *at;
    size_t n;
    size_t capacity;
    bool overflowed;
};

/* A symbol of BPE, in a list. */
struct fovea_symbol {
    uint32_t id; /* FOVEA_NO_TOKEN: joined to the one on the left */
    uint32_t left;
    uint32_t right;
};

/* The best way to a place in the text, of Unigram. */
struct fovea_way {
    union {
        double score;  /* while searching */
        uint32_t next; /* then: where the next piece ends */
    };
    uint32_t start; /* where the last piece begins, or FOVEA_NO_TOKEN */
    uint32_t id;
};

/* Bytes as they are written. */
struct fovea_writer {
    uint8_t *data;
    size_t size;
    size_t capacity;
    bool overflowed;
};

/* Where ids go: the first of them are kept, all are counted. */
struct fovea_id_sink {
    uint32_t *ids;
    size_t room;
    size_t n_total;
};

struct fovea_scratch {
    void *block;
    struct fovea_writer texts[2];  /* of the normalizer, in turn */
    struct fovea_writer rewritten; /* of the pre-tokenizer */
    struct fovea_words words[2];   /* in turn */
    int32_t *characters;           /* of normal forms: [2][n_characters] */
    size_t n_characters;
    struct fovea_symbol *symbols; /* BPE: [n_symbols] */
    uint64_t *heap;               /* BPE: [2 * n_symbols] */
    struct fovea_way *ways;       /* Unigram: [n_symbols] */
    size_t n_symbols;
    uint64_t n_steps;
};

static inline void
fovea_write(struct fovea_writer *writer, const void *bytes, size_t size)
{
    if (size > writer->capacity - writer->size) {
        writer->overflowed = true;
        return;
    }
    if (size > 0) {
        memcpy(writer->data + writer->size, bytes, size);
        writer->size += size;
    }
}

static inline void
fovea_add_word(struct fovea_words *words, size_t start, size_t size)
{
    if (words->n == words->capacity) {
        words->overflowed = true;
        return;
    }
    words->at[words->n++] =
            (struct fovea_word){ (uint32_t)start, (uint32_t)size };
}

static inline void
fovea_emit(struct fovea_id_sink *sink, uint32_t id)
{
    if (sink->n_total < sink->room) {
        sink->ids[sink->n_total] = id;
    }
    sink->n_total++;
}

/** FOVEA_ERR_TOKENIZER_INVALID: something grew more than its table says. */
enum fovea_status fovea_scratch_overflow(struct fovea_error *err);

#endif
