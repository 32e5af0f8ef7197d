/*
 * A statement from its parameters to its rows. What fails on the way is kept, and
 * everything after it does nothing: the end tells.
 *
 *     struct fovea_query query = fovea_query(db, FOVEA_SQL_ROW_OF, err);
 *     fovea_query_put(&query, set);
 *     if (fovea_query_step(&query)) {
 *         row = fovea_query_number(&query, 1);
 *     }
 *     return fovea_query_end(&query);
 *
 * One statement is used once at a time.
 */
#ifndef FOVEA_INDEX_QUERY_H
#define FOVEA_INDEX_QUERY_H

#include "index/db.h"

struct fovea_query {
    struct fovea_db *db;
    sqlite3_stmt *statement; /* the connection's */
    int n_bound;
    enum fovea_status status;
    struct fovea_error *err;
};

/** Begin; must be ended. */
struct fovea_query fovea_query(struct fovea_db *db, enum fovea_sql sql,
        struct fovea_error *err);

/** The next parameter. What is pointed at is borrowed until the end. */
void fovea_query_put(struct fovea_query *query, int64_t number);
void fovea_query_put_bytes(struct fovea_query *query, const void *bytes,
        size_t size);
void fovea_query_put_text(struct fovea_query *query, const char *text);
void fovea_query_put_null(struct fovea_query *query);

/** The next row, if there is one and nothing failed. */
bool fovea_query_step(struct fovea_query *query);

/** Columns of the row, whatever lies in them. Pointers live until the next
 *  step; never NULL. */
int64_t fovea_query_number(const struct fovea_query *query, int column);
bool fovea_query_is_null(const struct fovea_query *query, int column);
const void *fovea_query_bytes(const struct fovea_query *query, int column,
        size_t *size_out);
/** "" for what is no text, or has a NUL in it. */
const char *fovea_query_text(const struct fovea_query *query, int column);

/** A column that is not what we write: the query fails. */
void fovea_query_refuse(struct fovea_query *query, const char *what);

/** Be done with it. FOVEA_OK, or what failed. */
FOVEA_NODISCARD enum fovea_status fovea_query_end(struct fovea_query *query);

/** All of it for a statement with n numbers as parameters and no rows to be
 *  read. */
FOVEA_NODISCARD enum fovea_status fovea_query_run(struct fovea_db *db,
        enum fovea_sql sql, const int64_t *numbers, size_t n,
        struct fovea_error *err);

/** Begin a transaction. One that could not be ended before, for lack of memory, is
 *  ended now: none of ours goes on over a BEGIN. */
FOVEA_NODISCARD enum fovea_status fovea_query_begin(struct fovea_db *db,
        enum fovea_sql begin, struct fovea_error *err);

/** End one without changes, or drop them. */
void fovea_query_rollback(struct fovea_db *db);

#endif
