/* See query.h. */
#include "index/query.h"

#include <string.h>

#include "base/error.h"

static const char *const texts[] = {
#define X(name, text) text,
#include "index/sql.def"
#undef X
};

/* Keep the first failure. */
static void
take(struct fovea_query *query, int result)
{
    if (!query->status && result != SQLITE_OK) {
        query->status = fovea_db_fail(query->db, result, query->err);
    }
}

struct fovea_query
fovea_query(struct fovea_db *db, enum fovea_sql sql, struct fovea_error *err)
{
    struct fovea_query query = { .db = db, .err = err };
    sqlite3_stmt **kept = &db->statements[sql];
    if (!*kept) {
        take(&query,
                sqlite3_prepare_v3(db->sqlite, texts[sql], -1,
                        SQLITE_PREPARE_PERSISTENT, kept, NULL));
    }
    query.statement = *kept;
    FOVEA_ASSERT(!query.statement || !sqlite3_stmt_busy(query.statement));
    return query;
}

void
fovea_query_put(struct fovea_query *query, int64_t number)
{
    query->n_bound++;
    if (!query->status) {
        take(query,
                sqlite3_bind_int64(query->statement, query->n_bound, number));
    }
}

void
fovea_query_put_bytes(struct fovea_query *query, const void *bytes, size_t size)
{
    query->n_bound++;
    if (!query->status) {
        take(query,
                sqlite3_bind_blob64(query->statement, query->n_bound, bytes,
                        size, SQLITE_STATIC));
    }
}

void
fovea_query_put_text(struct fovea_query *query, const char *text)
{
    query->n_bound++;
    if (!query->status) {
        take(query,
                sqlite3_bind_text64(query->statement, query->n_bound, text,
                        strlen(text), SQLITE_STATIC, SQLITE_UTF8));
    }
}

void
fovea_query_put_null(struct fovea_query *query)
{
    query->n_bound++;
    if (!query->status) {
        take(query, sqlite3_bind_null(query->statement, query->n_bound));
    }
}

bool
fovea_query_step(struct fovea_query *query)
{
    if (query->status) {
        return false;
    }
    int result = fovea_db_step(query->db, query->statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        take(query, result);
    }
    return result == SQLITE_ROW;
}

int64_t
fovea_query_number(const struct fovea_query *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

bool
fovea_query_is_null(const struct fovea_query *query, int column)
{
    return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

const void *
fovea_query_bytes(const struct fovea_query *query, int column, size_t *size_out)
{
    const void *bytes = sqlite3_column_blob(query->statement, column);
    int size = sqlite3_column_bytes(query->statement, column);
    *size_out = bytes ? (size_t)size : 0;
    return bytes ? bytes : "";
}

const char *
fovea_query_text(const struct fovea_query *query, int column)
{
    const unsigned char *text = sqlite3_column_text(query->statement, column);
    int size = sqlite3_column_bytes(query->statement, column);
    bool is_text = text && strlen((const char *)text) == (size_t)size;
    return is_text ? (const char *)text : "";
}

void
fovea_query_refuse(struct fovea_query *query, const char *what)
{
    if (!query->status) {
        query->status = fovea_db_fail_damaged(query->db, what, query->err);
    }
}

enum fovea_status
fovea_query_end(struct fovea_query *query)
{
    if (query->statement) {
        (void)sqlite3_reset(query->statement);
        (void)sqlite3_clear_bindings(query->statement);
    }
    return query->status;
}

enum fovea_status
fovea_query_run(struct fovea_db *db, enum fovea_sql sql, const int64_t *numbers,
        size_t n, struct fovea_error *err)
{
    struct fovea_query query = fovea_query(db, sql, err);
    for (size_t i = 0; i < n; i++) {
        fovea_query_put(&query, numbers[i]);
    }
    while (fovea_query_step(&query)) {
    }
    return fovea_query_end(&query);
}

enum fovea_status
fovea_query_begin(struct fovea_db *db, enum fovea_sql begin,
        struct fovea_error *err)
{
    fovea_query_rollback(db);
    return fovea_query_run(db, begin, NULL, 0, err);
}

void
fovea_query_rollback(struct fovea_db *db)
{
    if (!sqlite3_get_autocommit(db->sqlite)) {
        (void)!fovea_query_run(db, FOVEA_SQL_ROLLBACK, NULL, 0, NULL);
    }
}
