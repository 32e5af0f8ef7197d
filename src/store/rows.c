/* See rows.h. */
#include "store/rows.h"

#include <math.h>

#include "base/error.h"
#include "store/score.h"
#include "store/segment.h"

enum fovea_status
fovea_rows_init(const struct fovea_segment *const *segments, size_t n_segments,
        const uint64_t *mask, struct fovea_rows *rows_out,
        struct fovea_error *err)
{
    struct fovea_rows rows = {
        .segments = segments,
        .n_segments = n_segments,
        .mask = mask,
        .dimension = n_segments > 0 ? segments[0]->layout.dimension : 0,
    };
    rows.code_size = fovea_codes_size(rows.dimension);
    for (size_t i = 0; i < n_segments; i++) {
        if (segments[i]->layout.dimension != rows.dimension) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "segments of %zu and of %zu numbers a vector",
                    rows.dimension, segments[i]->layout.dimension);
        }
        rows.n += segments[i]->n_rows;
    }
    *rows_out = rows;
    return FOVEA_OK;
}

size_t
fovea_rows_count(const struct fovea_rows *rows, uint64_t first, size_t n)
{
    size_t n_here = 0;
    for (size_t i = 0; i < n; i++) {
        n_here += fovea_rows_counts(rows, first + i);
    }
    return n_here;
}

const struct fovea_segment *
fovea_rows_find(const struct fovea_rows *rows, uint64_t row, uint64_t *row_out)
{
    FOVEA_ASSERT(row < rows->n);
    size_t i = 0;
    while (row >= rows->segments[i]->n_rows) {
        row -= rows->segments[i++]->n_rows;
    }
    *row_out = row;
    return rows->segments[i];
}

size_t
fovea_rows_together(const struct fovea_rows *rows, uint64_t row)
{
    uint64_t at = 0;
    const struct fovea_segment *segment = fovea_rows_find(rows, row, &at);
    return fovea_segment_rows_together(&segment->layout, at,
            segment->n_rows - at);
}

enum fovea_status
fovea_rows_read_codes(const struct fovea_rows *rows, uint64_t first, size_t n,
        uint8_t *codes_out, struct fovea_codes_mark *marks_out,
        struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < n;) {
        uint64_t row = 0;
        const struct fovea_segment *segment =
                fovea_rows_find(rows, first + i, &row);
        size_t here = fovea_rows_together(rows, first + i);
        here = here < n - i ? here : n - i;
        status = fovea_segment_read_codes(segment, row, here,
                codes_out + i * rows->code_size, marks_out + i, err);
        i += here;
    }
    return status;
}

enum fovea_status
fovea_rows_read(const struct fovea_rows *rows, uint64_t row, float *values_out,
        struct fovea_error *err)
{
    uint64_t at = 0;
    const struct fovea_segment *segment = fovea_rows_find(rows, row, &at);
    return fovea_segment_read(segment, at, 1, values_out, err);
}

enum fovea_status
fovea_rows_score(const struct fovea_rows *rows, uint64_t row,
        const float *query, double query_square, float *values,
        float *score_out, struct fovea_error *err)
{
    enum fovea_status status = fovea_rows_read(rows, row, values, err);
    if (status) {
        return status;
    }
    float score = fovea_score(query, query_square, values, rows->dimension);
    if (isnan(score)) {
        uint64_t at = 0;
        const struct fovea_segment *segment = fovea_rows_find(rows, row, &at);
        return fovea_segment_row_damaged(segment, at, err);
    }
    *score_out = score;
    return FOVEA_OK;
}
