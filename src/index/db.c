/* See db.h. */
#include "index/db.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "base/text.h"
#include "sys/file_limit.h"

enum {
    BUSY_MS = 20 *
            1000, /* others are waited for: a log that is being read anew */
    TICK = 1000,  /* operations of SQLite's machine */
    MIN_TICKS = 100000,   /* a statement may take */
    TICKS_A_PAGE = 100,   /* and for each page of the file */
    CACHE_KIB = 8 * 1024, /* of pages, in memory */
    LOG_BYTES = 16 << 20, /* the log keeps this much room when it is empty */
};

struct limit {
    int what;
    int value;
};

/* Paths, messages and names are short. 16 places for parameters. */
static const struct limit limits[] = {
    { SQLITE_LIMIT_LENGTH, 1 << 20 },
    { SQLITE_LIMIT_SQL_LENGTH, 1 << 16 },
    { SQLITE_LIMIT_COLUMN, 32 },
    { SQLITE_LIMIT_EXPR_DEPTH, 64 },
    { SQLITE_LIMIT_COMPOUND_SELECT, 8 },
    { SQLITE_LIMIT_VDBE_OP, 20000 },
    { SQLITE_LIMIT_FUNCTION_ARG, 8 },
    { SQLITE_LIMIT_ATTACHED, 0 },
    { SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 64 },
    { SQLITE_LIMIT_VARIABLE_NUMBER, 16 },
    { SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
    { SQLITE_LIMIT_WORKER_THREADS, 0 },
};

static const struct limit switches[] = {
    { SQLITE_DBCONFIG_DEFENSIVE, 1 },
    { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
    { SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
    { SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
    { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
    { SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0 },
    { SQLITE_DBCONFIG_DQS_DML, 0 },
    { SQLITE_DBCONFIG_DQS_DDL, 0 },
};

static int
tick(void *context)
{
    struct fovea_db *db = context;
    return ++db->n_ticks > db->max_ticks;
}

void
fovea_db_allow(struct fovea_db *db)
{
    db->n_ticks = 0;
}

/* What of an I/O error, and of what could not be opened, the kernel said. */
static enum fovea_status
fail_system(struct fovea_db *db, enum fovea_status status,
        struct fovea_error *err)
{
    int error = db->sqlite ? sqlite3_system_errno(db->sqlite) : 0;
    error = error ? error : db->error;
    if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
        return fovea_fail_errno(err, FOVEA_ERR_DISK_FULL, error,
                "%s: cannot write%s", db->name, fovea_file_limit_hint(error));
    }
    if (error == EACCES || error == EPERM) {
        status = FOVEA_ERR_FILE_DENIED;
    }
    const char *what = db->sqlite ? sqlite3_errmsg(db->sqlite) : "SQLite";
    return error
            ? fovea_fail_errno(err, status, error, "%s: %s", db->name, what)
            : fovea_fail(err, status, "%s: %s", db->name, what);
}

enum fovea_status
fovea_db_fail(struct fovea_db *db, int result, struct fovea_error *err)
{
    switch (result & 0xff) {
    case SQLITE_NOMEM:
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY,
                "%s: no memory for the index", db->name);
    case SQLITE_FULL:
        return fovea_fail(err, FOVEA_ERR_DISK_FULL,
                "%s: there is no room on the disk", db->name);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fovea_fail(err, FOVEA_ERR_INDEX_BUSY,
                "%s: another process holds the index", db->name);
    case SQLITE_READONLY:
        return fovea_fail(err, FOVEA_ERR_INDEX_READ_ONLY,
                "%s: the index may not be written", db->name);
    case SQLITE_IOERR:
        if (result == SQLITE_IOERR_NOMEM) {
            return fovea_db_fail(db, SQLITE_NOMEM, err);
        }
        return fail_system(db, FOVEA_ERR_IO, err);
    case SQLITE_CANTOPEN:
        return fail_system(db, FOVEA_ERR_IO, err);
    default: /* NOTADB, CORRUPT, CONSTRAINT, INTERRUPT, ERROR, ... */
        return fovea_db_fail_damaged(db,
                db->sqlite ? sqlite3_errmsg(db->sqlite) : "SQLite", err);
    }
}

enum fovea_status
fovea_db_fail_damaged(const struct fovea_db *db, const char *what,
        struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_INDEX_DAMAGED,
            "%s: the index is damaged (%s); fovea index --check tells more",
            db->name, what);
}

/* Around what may write. */
static void
begin_call(struct fovea_db *db, struct fovea_file_limit *hold)
{
    fovea_db_allow(db);
    fovea_file_limit_hold(hold);
    errno = 0;
}

static void
end_call(struct fovea_db *db, const struct fovea_file_limit *hold)
{
    db->error = errno;
    errno = EFBIG; /* a signal that came is dropped, whatever SQLite made of it */
    fovea_file_limit_release(hold);
}

int
fovea_db_step(struct fovea_db *db, sqlite3_stmt *statement)
{
    struct fovea_file_limit hold;
    /* One that reads in a transaction of a connection that reads writes nothing,
       nor does one that goes on. */
    bool goes_on = sqlite3_stmt_busy(statement);
    if (sqlite3_stmt_readonly(statement) &&
            (goes_on ||
                    (db->only_reads && !sqlite3_get_autocommit(db->sqlite)))) {
        if (!goes_on) {
            fovea_db_allow(db);
        }
        errno = 0;
        int result = sqlite3_step(statement);
        db->error = errno;
        return result;
    }
    begin_call(db, &hold);
    int result = sqlite3_step(statement);
    end_call(db, &hold);
    return result;
}

/* By one connection, before it is used. */
static enum fovea_status
close_up(struct fovea_db *db, struct fovea_error *err)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(limits); i++) {
        (void)sqlite3_limit(db->sqlite, limits[i].what, limits[i].value);
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(switches); i++) {
        int result = sqlite3_db_config(db->sqlite, switches[i].what,
                switches[i].value, NULL);
        if (result != SQLITE_OK) {
            return fovea_db_fail(db, result, err);
        }
    }
    fovea_db_wait_for_others(db);
    db->max_ticks = MIN_TICKS;
    sqlite3_progress_handler(db->sqlite, TICK, tick, db);
    char sql[256];
    (void)snprintf(sql, sizeof sql,
            "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"
            "PRAGMA temp_store = MEMORY; PRAGMA synchronous = FULL;"
            "PRAGMA cache_size = -%d; PRAGMA journal_size_limit = %d",
            CACHE_KIB, LOG_BYTES);
    return fovea_db_run_text(db, sql, err);
}

/* "file:/path?immutable=1", where %, ? and # of the path stand for themselves. */
static void
make_uri(struct fovea_text *uri, const char *path)
{
    fovea_text_add(uri, "file:", 5);
    for (const char *c = path; *c; c++) {
        if (strchr("%?#", *c)) {
            fovea_text_format(uri, "%%%02x", (unsigned)(unsigned char)*c);
        } else {
            fovea_text_add(uri, c, 1);
        }
    }
    fovea_text_format(uri, "?immutable=1");
}

static int
open_file(struct fovea_db *db, const char *path, enum fovea_db_mode mode)
{
    static const int flags_of[] = {
        [FOVEA_DB_READ] = SQLITE_OPEN_READONLY,
        [FOVEA_DB_READ_IMMUTABLE] = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
        [FOVEA_DB_WRITE] = SQLITE_OPEN_READWRITE,
        [FOVEA_DB_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
        [FOVEA_DB_MEMORY] =
                SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY,
    };
    int flags = flags_of[mode] | SQLITE_OPEN_NOMUTEX |
            SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW |
            SQLITE_OPEN_EXRESCODE;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text uri = { 0 };
    if (mode == FOVEA_DB_READ_IMMUTABLE) {
        make_uri(&uri, path);
        if (fovea_text_failed(&uri)) {
            return SQLITE_NOMEM;
        }
        path = uri.data;
    } else if (mode == FOVEA_DB_MEMORY) {
        path = ":memory:";
    }
    return sqlite3_open_v2(path, &db->sqlite, flags, NULL);
}

enum fovea_status
fovea_db_open(struct fovea_db *db, const char *path, enum fovea_db_mode mode,
        struct fovea_error *err)
{
    db->only_reads = mode == FOVEA_DB_READ || mode == FOVEA_DB_READ_IMMUTABLE;
    int result = open_file(db, path, mode);
    if (result != SQLITE_OK) {
        return fovea_db_fail(db, result, err);
    }
    enum fovea_status status = close_up(db, err);
    return status ? status : fovea_db_measure(db, err);
}

void
fovea_db_wait_for_others(struct fovea_db *db)
{
    (void)sqlite3_busy_timeout(db->sqlite, BUSY_MS);
}

enum fovea_status
fovea_db_measure(struct fovea_db *db, struct fovea_error *err)
{
    int64_t n_pages = 0;
    enum fovea_status status =
            fovea_db_read_number(db, "PRAGMA page_count", &n_pages, err);
    if (!status && n_pages > 0) {
        db->max_ticks = fovea_sum_bytes(MIN_TICKS,
                fovea_product_bytes((uint64_t)n_pages, TICKS_A_PAGE));
    }
    return status;
}

void
fovea_db_move(struct fovea_db *from, struct fovea_db *to)
{
    fovea_db_close(to);
    *to = *from;
    sqlite3_progress_handler(to->sqlite, TICK, tick, to);
    *from = (struct fovea_db){ .name = from->name };
}

void
fovea_db_close(struct fovea_db *db)
{
    struct fovea_file_limit hold;
    for (size_t i = 0; i < FOVEA_SQL_N; i++) {
        (void)sqlite3_finalize(db->statements[i]);
        db->statements[i] = NULL;
    }
    /* The last one to close writes the log back, and removes it. */
    begin_call(db, &hold);
    (void)sqlite3_close(db->sqlite);
    end_call(db, &hold);
    db->sqlite = NULL;
}

enum fovea_status
fovea_db_run_text(struct fovea_db *db, const char *sql, struct fovea_error *err)
{
    struct fovea_file_limit hold;
    begin_call(db, &hold);
    int result = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);
    end_call(db, &hold);
    return result == SQLITE_OK ? FOVEA_OK : fovea_db_fail(db, result, err);
}

FOVEA_DEFINE_AUTO(sqlite3_stmt *, sqlite3_finalize);

enum fovea_status
fovea_db_read_number(struct fovea_db *db, const char *sql, int64_t *number_out,
        struct fovea_error *err)
{
    FOVEA_AUTO(sqlite3_finalize_auto) sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(db->sqlite, sql, -1, &statement, NULL);
    if (result == SQLITE_OK) {
        result = fovea_db_step(db, statement);
    }
    if (result != SQLITE_ROW) {
        return fovea_db_fail(db,
                result == SQLITE_DONE ? SQLITE_CORRUPT : result, err);
    }
    *number_out = sqlite3_column_int64(statement, 0);
    return FOVEA_OK;
}
