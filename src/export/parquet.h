/*
 * A table as Parquet has it: plain, not packed, without values that are missing.
 * No library of Debian's writes it for C.
 *
 * https://github.com/apache/parquet-format
 */
#ifndef FOVEA_EXPORT_PARQUET_H
#define FOVEA_EXPORT_PARQUET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "sys/atomic_file.h"

enum {
    FOVEA_PARQUET_MAX_COLUMNS = 8
};

enum fovea_parquet_type {
    FOVEA_PARQUET_INT64,
    FOVEA_PARQUET_STRING, /* UTF-8 */
};

struct fovea_parquet_column {
    const char *name;
    enum fovea_parquet_type type;
};

/** A file that is being written; appears when its owner commits it. */
struct fovea_parquet {
    struct fovea_atomic_file file;
    const struct fovea_parquet_column *columns; /* borrowed */
    size_t n_columns;
    /* Values of the rows that are not written yet. */
    struct fovea_text values[FOVEA_PARQUET_MAX_COLUMNS];
    int64_t n_waiting;
    int64_t n_rows;
    int64_t offset;           /* where the file goes on */
    struct fovea_text groups; /* what the footer says of those written */
    size_t n_groups;
};

/** Begin in a file that is open and empty. FOVEA_OK, FOVEA_ERR_IO. */
FOVEA_NODISCARD enum fovea_status fovea_parquet_begin(
        struct fovea_parquet *parquet, struct fovea_error *err);

/** Values of the row that is being added, one for each column. */
void fovea_parquet_number(struct fovea_parquet *parquet, size_t column,
        int64_t value);

/** Any bytes; what is no UTF-8 becomes U+FFFD. */
void fovea_parquet_string(struct fovea_parquet *parquet, size_t column,
        const char *string);

/** The row is whole. FOVEA_OK, FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY; so the next. */
FOVEA_NODISCARD enum fovea_status fovea_parquet_end_row(
        struct fovea_parquet *parquet, struct fovea_error *err);

/** Write what is left; the file is complete and may be committed. */
FOVEA_NODISCARD enum fovea_status fovea_parquet_complete(
        struct fovea_parquet *parquet, struct fovea_error *err);

/** Drop what was not committed and free everything. */
void fovea_parquet_finish(struct fovea_parquet *parquet);

/** Whether a file ends as these do. */
bool fovea_parquet_is_ours(const char *path);

#endif
