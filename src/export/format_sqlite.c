/*
 * A database of SQLite: a row for each picture, its vector as float32 in a blob,
 * little-endian, as sqlite-vec reads them. It is written under a name of its own
 * beside the target, where it appears whole.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/error.h"
#include "base/utf8.h"
#include "bulk/file_head.h"
#include "export/fields.h"
#include "sys/file_limit.h"

enum {
    /* "fveX" as a number, as the schema below has it; and where a file has
       it. */
    APPLICATION_ID = 1719035224,
    APPLICATION_ID_OFFSET = 68,
    HEAD_SIZE = 72
};

struct state {
    const struct fovea_index_set_key *set;
    struct fovea_atomic_file file;
    sqlite3 *db;
    sqlite3_stmt *insert;
};

static const char schema[] =
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
        "PRAGMA application_id = 1719035224;"
        "BEGIN;"
        "CREATE TABLE metadata (name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
        "CREATE TABLE pictures (id INTEGER PRIMARY KEY, path NOT NULL, "
        "paths TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, "
        "width INTEGER, height INTEGER, format TEXT, taken TEXT, "
        "embedding BLOB NOT NULL);";

static const char insert_row[] =
        "INSERT INTO pictures (id, path, paths, bytes, sha256, width, height, "
        "format, taken, embedding) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

static bool
is_ours(const char *const *paths, size_t index)
{
    static const char magic[] = "SQLite format 3";
    unsigned char head[HEAD_SIZE];
    if (fovea_file_head(paths[index], (char *)head, sizeof head) !=
                    sizeof head ||
            memcmp(head, magic, sizeof magic) != 0) {
        return false;
    }
    const unsigned char *at = head + APPLICATION_ID_OFFSET;
    return ((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
                   (uint32_t)at[2] << 8 | at[3]) == APPLICATION_ID;
}

static enum fovea_status
failed(const struct state *state, struct fovea_error *err)
{
    int code = sqlite3_errcode(state->db);
    return fovea_fail(err,
            code == SQLITE_FULL            ? FOVEA_ERR_DISK_FULL
                    : code == SQLITE_NOMEM ? FOVEA_ERR_NO_MEMORY
                                           : FOVEA_ERR_IO,
            "%s: cannot be written: %s", state->file.path,
            sqlite3_errmsg(state->db));
}

/* Whatever writes: SQLite does not know that a file which is too large is a
   signal. */
static int
run_sql(struct state *state, const char *sql)
{
    struct fovea_file_limit hold;
    fovea_file_limit_hold(&hold);
    int result = sqlite3_exec(state->db, sql, NULL, NULL, NULL);
    errno = EFBIG; /* the signal is dropped, if one came */
    fovea_file_limit_release(&hold);
    return result;
}

static int
step(sqlite3_stmt *statement)
{
    struct fovea_file_limit hold;
    fovea_file_limit_hold(&hold);
    int result = sqlite3_step(statement);
    errno = EFBIG;
    fovea_file_limit_release(&hold);
    return result;
}

/* A path for SQLite, which takes names and no descriptors, to the file that has
   its temporary name. */
static enum fovea_status
open_database(struct state *state, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *path = NULL;
    enum fovea_status status =
            fovea_atomic_file_temporary_path(&state->file, &path, err);
    if (status) {
        return status;
    }
    if (sqlite3_open_v2(path, &state->db,
                SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                NULL) != SQLITE_OK) {
        return failed(state, err);
    }
    return FOVEA_OK;
}

static void
bind_string(sqlite3_stmt *insert, int column, const char *string)
{
    size_t size = strlen(string);
    if (fovea_utf8_find_invalid(string, size) == size) {
        (void)sqlite3_bind_text(insert, column, string, -1, SQLITE_STATIC);
    } else {
        (void)sqlite3_bind_blob64(insert, column, string, size, SQLITE_STATIC);
    }
}

static enum fovea_status
add_metadata(struct state *state, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text json = { 0 };
    fovea_text_add(&json, "{", 1);
    fovea_export_set_json(&json, state->set);
    fovea_text_add(&json, "}", 1);
    if (fovea_text_failed(&json)) {
        return fovea_fail_memory(err, json.capacity, "the metadata");
    }
    /* Pairs of what the object has. */
    static const char sql[] = "INSERT INTO metadata (name, value) "
                              "SELECT key, value FROM json_each(?)";
    sqlite3_stmt *statement = NULL;
    bool done = sqlite3_prepare_v2(state->db, sql, -1, &statement, NULL) ==
                    SQLITE_OK &&
            sqlite3_bind_text(statement, 1, json.data, (int)json.size,
                    SQLITE_STATIC) == SQLITE_OK &&
            step(statement) == SQLITE_DONE;
    enum fovea_status status = done ? FOVEA_OK : failed(state, err);
    (void)sqlite3_finalize(statement);
    return status;
}

static enum fovea_status
open_file(const struct fovea_export_settings *settings, void *opaque,
        struct fovea_error *err)
{
    struct state *state = opaque;
    state->set = settings->set;
    state->file = (struct fovea_atomic_file)FOVEA_ATOMIC_FILE_INIT;
    enum fovea_status status =
            fovea_target_open(settings->target, 0, &state->file, err);
    if (!status) {
        status = open_database(state, err);
    }
    if (status) {
        return status;
    }
    if (run_sql(state, schema) != SQLITE_OK ||
            sqlite3_prepare_v2(state->db, insert_row, -1, &state->insert,
                    NULL) != SQLITE_OK) {
        return failed(state, err);
    }
    return add_metadata(state, err);
}

static enum fovea_status
add_row(struct state *state, const struct fovea_export_row *row,
        struct fovea_text *paths, struct fovea_error *err)
{
    sqlite3_stmt *insert = state->insert;
    const struct fovea_index_content *content = &row->picture->content;
    char taken[FOVEA_EXPORT_TIME_SIZE];
    (void)sqlite3_bind_int64(insert, 1, content->id);
    bind_string(insert, 2, fovea_export_path(row->picture));
    (void)sqlite3_bind_text64(insert, 3, paths->data, paths->size,
            SQLITE_STATIC, SQLITE_UTF8);
    (void)sqlite3_bind_int64(insert, 4, (int64_t)content->size_bytes);
    bind_string(insert, 5, content->digest);
    if (content->width_px && content->height_px) {
        (void)sqlite3_bind_int64(insert, 6, content->width_px);
        (void)sqlite3_bind_int64(insert, 7, content->height_px);
    }
    if (content->format[0]) {
        bind_string(insert, 8, content->format);
    }
    if (fovea_export_taken(row->picture, taken)) {
        bind_string(insert, 9, taken);
    }
    (void)sqlite3_bind_blob64(insert, 10, row->vector,
            state->set->dimension * sizeof(float), SQLITE_STATIC);
    enum fovea_status status =
            step(insert) == SQLITE_DONE ? FOVEA_OK : failed(state, err);
    (void)sqlite3_reset(insert);
    (void)sqlite3_clear_bindings(insert);
    return status;
}

static enum fovea_status
write_rows(void *opaque, const struct fovea_export_row *rows, size_t n,
        struct fovea_export_counts *counts, struct fovea_error *err)
{
    struct state *state = opaque;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text paths = { 0 };
    for (size_t i = 0; i < n; i++) {
        fovea_text_clear(&paths);
        fovea_export_paths_json(&paths, rows[i].picture);
        if (fovea_text_failed(&paths)) {
            return fovea_fail_memory(err, paths.capacity, "the paths");
        }
        enum fovea_status status = add_row(state, &rows[i], &paths, err);
        if (status) {
            return status;
        }
    }
    counts->n_written += n;
    return FOVEA_OK;
}

static enum fovea_status
commit(void *opaque, struct fovea_error *err)
{
    struct state *state = opaque;
    (void)sqlite3_finalize(state->insert);
    state->insert = NULL;
    if (run_sql(state, "COMMIT") != SQLITE_OK) {
        return failed(state, err);
    }
    (void)sqlite3_close(state->db);
    state->db = NULL;
    return fovea_atomic_file_commit(&state->file, err);
}

static void
finish(void *opaque)
{
    struct state *state = opaque;
    (void)sqlite3_finalize(state->insert);
    (void)sqlite3_close(state->db);
    fovea_atomic_file_abandon(&state->file);
}

static const struct fovea_target_form form = {
    .name = "SQLite",
    .endings = (const char *const[]){ ".sqlite", ".sqlite3", ".db", NULL },
    .files = (const char *const[]){ "", NULL },
    .is_ours = is_ours,
};

const struct fovea_export_format fovea_export_sqlite = {
    .name = "sqlite",
    .form = &form,
    .state_size = sizeof(struct state),
    .open = open_file,
    .write = write_rows,
    .commit = commit,
    .finish = finish,
};
