/*
 * Inside of text/: the pieces of a vocabulary while a table is made, found by
 * their text. The order of the hash is secret, so that no file can be made whose
 * pieces all fall into one place.
 */
#ifndef FOVEA_TEXT_VOCABULARY_H
#define FOVEA_TEXT_VOCABULARY_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

struct fovea_entry {
    uint32_t at; /* of bytes */
    uint32_t size;
    uint32_t id;
};

/** All zero is an empty one. */
struct fovea_vocabulary {
    uint8_t *bytes;
    size_t n_bytes;
    size_t bytes_capacity;
    struct fovea_entry *entries; /* in the order of adding */
    size_t n;
    size_t capacity;
    uint32_t *slots; /* [n_slots]: entry + 1, 0: free */
    size_t n_slots;  /* a power of two, more than twice n */
    uint64_t seed;
};

void fovea_vocabulary_finish(struct fovea_vocabulary *vocabulary);

/**
 * Add a piece.
 *
 * @return FOVEA_OK; FOVEA_ERR_TOKENIZER_INVALID if it is there already, is too
 *         long, or there are too many: the message says so without the place;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_vocabulary_add(
        struct fovea_vocabulary *vocabulary, const void *text, size_t size,
        uint32_t id, struct fovea_error *err);

/** The id of a piece, FOVEA_NO_TOKEN if there is none. */
uint32_t fovea_vocabulary_find(const struct fovea_vocabulary *vocabulary,
        const void *text, size_t size);

/** The same of two texts, one behind the other. */
uint32_t fovea_vocabulary_find_pair(const struct fovea_vocabulary *vocabulary,
        const struct fovea_entry *left, const struct fovea_entry *right);

/** The entry of a text, or NULL. */
const struct fovea_entry *fovea_vocabulary_entry(
        const struct fovea_vocabulary *vocabulary, const void *text,
        size_t size);

#endif
