/*
 * SQLite, closed up: a file that somebody else made may be opened, and what it does
 * cannot be more than to give wrong rows or an error. No schema is trusted, no
 * extension loaded, no trigger or view run, nothing attached; lengths are limited,
 * and a statement that runs for much longer than the file's size explains is ended
 * (pages of a hostile file may lead to each other).
 *
 * Statements are rows of sql.def. What fails is said as a status of ours, with the
 * index's path in the message.
 *
 * Source: sqlite.org/security.html, "Defense Against The Dark Arts".
 */
#ifndef FOVEA_INDEX_DB_H
#define FOVEA_INDEX_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum fovea_sql {
#define X(name, text) FOVEA_SQL_##name,
#include "index/sql.def"
#undef X
    FOVEA_SQL_N
};

/** All zero, but for name, is a connection that is not open. */
struct fovea_db {
    const char *name; /* of the index, for messages; borrowed */
    sqlite3 *sqlite;
    sqlite3_stmt *statements[FOVEA_SQL_N];
    bool only_reads;
    int error;        /* errno of what failed last, where SQLite forgets it */
    uint64_t n_ticks; /* of the statement that runs */
    uint64_t max_ticks;
};

/** How a file is opened. */
enum fovea_db_mode {
    FOVEA_DB_READ,
    FOVEA_DB_READ_IMMUTABLE, /* nobody writes: neither locks nor a log */
    FOVEA_DB_WRITE,
    FOVEA_DB_CREATE, /* write; a new file */
    FOVEA_DB_MEMORY, /* write; a new one in memory, path does not matter */
};

/**
 * Open a connection.
 *
 * @param path  Of the file; must not be a link.
 * @param db    name is set; to be closed, also on failure.
 */
FOVEA_NODISCARD enum fovea_status fovea_db_open(struct fovea_db *db,
        const char *path, enum fovea_db_mode mode, struct fovea_error *err);

/** Close; twice is fine. */
void fovea_db_close(struct fovea_db *db);

/** Wait some time for others' locks, which is the rule; sqlite3_busy_timeout()
 *  makes exceptions. */
void fovea_db_wait_for_others(struct fovea_db *db);

/** What a statement may take goes by the size of the file: ask for it anew. */
FOVEA_NODISCARD enum fovea_status fovea_db_measure(struct fovea_db *db,
        struct fovea_error *err);

/** Hand a connection over, in place of another one; from is closed then. */
void fovea_db_move(struct fovea_db *from, struct fovea_db *to);

/** Run texts of ours that give no rows. */
FOVEA_NODISCARD enum fovea_status fovea_db_run_text(struct fovea_db *db,
        const char *sql, struct fovea_error *err);

/** The number in the first column of a statement's only row, as of a PRAGMA. */
FOVEA_NODISCARD enum fovea_status fovea_db_read_number(struct fovea_db *db,
        const char *sql, int64_t *number_out, struct fovea_error *err);

/** Say what SQLite's answer means. */
enum fovea_status fovea_db_fail(struct fovea_db *db, int result,
        struct fovea_error *err);

/** A row that is not what we write: FOVEA_ERR_INDEX_DAMAGED. */
enum fovea_status fovea_db_fail_damaged(const struct fovea_db *db,
        const char *what, struct fovea_error *err);

/** Begin anew what a statement may take. */
void fovea_db_allow(struct fovea_db *db);

/** One step of a statement, under the limit on the size of files
 *  (sys/file_limit.h) where it may write. */
int fovea_db_step(struct fovea_db *db, sqlite3_stmt *statement);

#endif
