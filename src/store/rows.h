/*
 * The rows of several segments as one sequence: the rows of the first, then those
 * of the second, and so on. A mask says which of them count.
 */
#ifndef FOVEA_STORE_ROWS_H
#define FOVEA_STORE_ROWS_H

#include <stdbool.h>

#include "store/codes.h"
#include "store/segment_file.h"

struct fovea_rows {
    const struct fovea_segment *const *segments;
    size_t n_segments;
    const uint64_t *mask;
    size_t dimension;
    size_t code_size;
    uint64_t n;
};

/** FOVEA_OK, or FOVEA_ERR_ARGUMENT if the segments' dimensions differ. */
FOVEA_NODISCARD enum fovea_status fovea_rows_init(
        const struct fovea_segment *const *segments, size_t n_segments,
        const uint64_t *mask, struct fovea_rows *rows_out,
        struct fovea_error *err);

/** Whether a row counts. */
static inline bool
fovea_rows_counts(const struct fovea_rows *rows, uint64_t row)
{
    return !rows->mask || rows->mask[row / 64] >> row % 64 & 1;
}

/** How many of n rows count. */
size_t fovea_rows_count(const struct fovea_rows *rows, uint64_t first,
        size_t n);

/** The segment of a row, and the row's number in it. */
const struct fovea_segment *fovea_rows_find(const struct fovea_rows *rows,
        uint64_t row, uint64_t *row_out);

/** How many rows from `row` on lie together: to the end of a block or segment. */
size_t fovea_rows_together(const struct fovea_rows *rows, uint64_t row);

/** Read codes [n][code_size] and marks. As fovea_segment_read_codes(). */
FOVEA_NODISCARD enum fovea_status fovea_rows_read_codes(
        const struct fovea_rows *rows, uint64_t first, size_t n,
        uint8_t *codes_out, struct fovea_codes_mark *marks_out,
        struct fovea_error *err);

/** Read a row's stored values. As fovea_segment_read(). */
FOVEA_NODISCARD enum fovea_status fovea_rows_read(const struct fovea_rows *rows,
        uint64_t row, float *values_out, struct fovea_error *err);

/**
 * The score of a row for a query, from its stored values.
 *
 * @param values  Room for them; [dimension].
 * @return As fovea_segment_read(); FOVEA_ERR_INDEX_DAMAGED for a row without a
 *         direction.
 */
FOVEA_NODISCARD enum fovea_status fovea_rows_score(
        const struct fovea_rows *rows, uint64_t row, const float *query,
        double query_square, float *values, float *score_out,
        struct fovea_error *err);

#endif
