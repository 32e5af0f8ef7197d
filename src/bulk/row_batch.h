/* Consecutive inputs with what came of them, on their way to a sink. */
#ifndef FOVEA_BULK_ROW_BATCH_H
#define FOVEA_BULK_ROW_BATCH_H

#include <stdint.h>

#include "bulk/row_result.h"

/** What came of inputs, counted. */
struct fovea_row_counts {
    uint64_t n_bad;
    uint64_t n_skipped;              /* found in a folder, and no images */
    uint64_t n_texts;                /* good ones that are texts */
    uint64_t n_noted[FOVEA_N_NOTES]; /* good ones with each note */
};

struct fovea_row_batch {
    size_t capacity;
    size_t n;
    struct fovea_entry *entries;
    /* Once settled: what goes to the sink, in order, and what was left out. */
    struct fovea_row_result *results;
    size_t n_results;
    struct fovea_row_result *skipped;
    size_t n_skipped;
    /* Of the entries that could be tried, without gaps. */
    struct fovea_error *errors;
    unsigned char *rows;
    size_t n_tried;
    size_t row_size;
};

FOVEA_NODISCARD enum fovea_status fovea_row_batch_init(
        struct fovea_row_batch *batch, size_t capacity, size_t row_size,
        struct fovea_error *err);

/** Free everything; fine on a zeroed or half-made one. */
void fovea_row_batch_finish(struct fovea_row_batch *batch);

/** Drop the entries, keep the memory. */
void fovea_row_batch_clear(struct fovea_row_batch *batch);

/**
 * Add an input, which is taken over.
 *
 * @param error  What came of it; NULL: it has a problem and was not tried.
 * @param row    Copied; NULL: there is none.
 */
void fovea_row_batch_add(struct fovea_row_batch *batch,
        struct fovea_entry *entry, const struct fovea_error *error,
        const void *row);

/** Fill results and skipped, and count them. */
struct fovea_row_counts fovea_row_batch_settle(struct fovea_row_batch *batch);

#endif
