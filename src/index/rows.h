/* Rows of a set: which content a row is of, and its vector. */
#ifndef FOVEA_INDEX_ROWS_H
#define FOVEA_INDEX_ROWS_H

#include "index/sets.h"

/** The content of a row. FOVEA_ERR_NO_ITEM for a tombstone. */
FOVEA_NODISCARD enum fovea_status fovea_index_row_content(
        struct fovea_index_folder *folder, const struct fovea_index_set *set,
        uint64_t row, int64_t *content_out, struct fovea_error *err);

/** The row of a content. FOVEA_ERR_NO_ITEM if it has no vector in this set. */
FOVEA_NODISCARD enum fovea_status fovea_index_content_row(
        struct fovea_index_folder *folder, const struct fovea_index_set *set,
        int64_t content, uint64_t *row_out, struct fovea_error *err);

/** The stored vector of a row as float32, [dimension of the set].
 *  FOVEA_ERR_INDEX_DAMAGED if its checksum is another. */
FOVEA_NODISCARD enum fovea_status fovea_index_row_vector(
        const struct fovea_index_set *set, uint64_t row, float *values_out,
        struct fovea_error *err);

/** A live row. */
struct fovea_index_row {
    uint64_t row;
    int64_t content;
};

struct fovea_index_rows;

/** Read the live rows of a set in their order, from a row on. In a snapshot, or
 *  without changes meanwhile. The set is borrowed until the close. */
FOVEA_NODISCARD enum fovea_status fovea_index_rows_open(
        struct fovea_index_folder *folder, const struct fovea_index_set *set,
        uint64_t first, struct fovea_index_rows **rows_out,
        struct fovea_error *err);

/** The next live row, borrowed until the next call; NULL at the end. */
FOVEA_NODISCARD enum fovea_status fovea_index_rows_next(
        struct fovea_index_rows *rows, const struct fovea_index_row **row_out,
        struct fovea_error *err);

/** NULL is fine. */
void fovea_index_rows_close(struct fovea_index_rows *rows);

#endif
