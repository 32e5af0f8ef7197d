/* A batch of inputs on its way through the command. */
#ifndef FOVEA_BULK_CHUNK_H
#define FOVEA_BULK_CHUNK_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/fovea.h"

#include "bulk/entry.h"
#include "bulk/row_result.h"

/** What came of inputs, counted. */
struct fovea_row_counts {
    uint64_t n_bad;
    uint64_t n_skipped;              /* found by a walk, and no images */
    uint64_t n_noted[FOVEA_N_NOTES]; /* good ones with each note */
};

struct fovea_chunk {
    uint64_t turn; /* place among all chunks */
    size_t capacity;
    size_t n;
    struct fovea_entry *entries;
    /* Once settled: what is told, in order, and what is not. */
    struct fovea_row_result *told;
    size_t n_told;
    struct fovea_row_result *skipped;
    size_t n_skipped;
    /* Of the entries that can be tried, without gaps. */
    struct fovea_item *images;
    struct fovea_error *results;
    unsigned char *rows;
    size_t row_size;
};

FOVEA_NODISCARD enum fovea_status fovea_chunk_init(struct fovea_chunk *chunk,
        size_t capacity, size_t row_size, struct fovea_error *err);

/** Free everything; fine on a zeroed or half-made one. */
void fovea_chunk_finish(struct fovea_chunk *chunk);

/** Drop the entries, keep the memory. */
void fovea_chunk_clear(struct fovea_chunk *chunk);

/** Fill images from the entries that have no problem; gives their number. */
size_t fovea_chunk_collect(struct fovea_chunk *chunk);

/** Fill told and skipped from problems and results, and count them. */
struct fovea_row_counts fovea_chunk_settle(struct fovea_chunk *chunk);

#endif
