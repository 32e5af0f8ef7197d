/* See schema.h. */
#include "index/schema.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"

struct object {
    const char *name;
    const char *sql;
};

static const struct object objects[] = {
#define X(name, sql) { name, sql },
#include "index/schema.def"
#undef X
};

/* What SQLite makes by itself for AUTOINCREMENT; keys that are no rowids have
   an index without a text where the table is one with rowids, which none is. */
static const struct object sequence = { "sqlite_sequence",
    "CREATE TABLE sqlite_sequence(name,seq)" };

FOVEA_DEFINE_AUTO(sqlite3_stmt *, sqlite3_finalize);

static enum fovea_status
put_uuid(struct fovea_db *db, struct fovea_error *err)
{
    uint8_t uuid[16];
    if (getrandom(uuid, sizeof uuid, 0) != (ssize_t)sizeof uuid) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno, "getrandom");
    }
    FOVEA_AUTO(sqlite3_finalize_auto) sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(db->sqlite,
            "INSERT INTO meta (name, value) VALUES ('uuid', ?1)", -1,
            &statement, NULL);
    if (result == SQLITE_OK) {
        result = sqlite3_bind_blob(statement, 1, uuid, sizeof uuid,
                SQLITE_STATIC);
    }
    if (result == SQLITE_OK) {
        result = fovea_db_step(db, statement);
    }
    return result == SQLITE_DONE ? FOVEA_OK : fovea_db_fail(db, result, err);
}

enum fovea_status
fovea_schema_create(struct fovea_db *db, struct fovea_error *err)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql,
            "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = %d; "
            "PRAGMA user_version = %d; BEGIN",
            FOVEA_INDEX_APPLICATION, FOVEA_INDEX_VERSION);
    enum fovea_status status = fovea_db_run_text(db, sql, err);
    for (size_t i = 0; !status && i < FOVEA_ARRAY_LEN(objects); i++) {
        status = fovea_db_run_text(db, objects[i].sql, err);
    }
    if (!status) {
        status = put_uuid(db, err);
    }
    return status ? status : fovea_db_run_text(db, "COMMIT", err);
}

enum fovea_status
fovea_schema_identify(const struct fovea_db *db, int64_t application,
        int64_t version, struct fovea_error *err)
{
    if (application != FOVEA_INDEX_APPLICATION || version < 1) {
        return fovea_fail(err, FOVEA_ERR_INDEX_DAMAGED,
                "%s: index.sqlite is no index of fovea's", db->name);
    }
    return version <= FOVEA_INDEX_VERSION
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_INDEX_NEWER,
                      "%s: the index has format %" PRId64
                      ", this fovea knows %d; use the fovea that made it, or a "
                      "newer one",
                      db->name, version, FOVEA_INDEX_VERSION);
}

enum fovea_status
fovea_schema_version(struct fovea_db *db, int64_t *version_out,
        struct fovea_error *err)
{
    int64_t application = 0;
    int64_t version = 0;
    enum fovea_status status = fovea_db_read_number(db, "PRAGMA application_id",
            &application, err);
    if (!status) {
        status = fovea_db_read_number(db, "PRAGMA user_version", &version, err);
    }
    if (!status) {
        status = fovea_schema_identify(db, application, version, err);
    }
    if (!status) {
        *version_out = version;
    }
    return status;
}

static const struct object *
find(const char *name)
{
    if (strcmp(name, sequence.name) == 0) {
        return &sequence;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(objects); i++) {
        if (strcmp(name, objects[i].name) == 0) {
            return &objects[i];
        }
    }
    return NULL;
}

static bool
is_expected(sqlite3_stmt *row)
{
    const char *name = (const char *)sqlite3_column_text(row, 0);
    const char *sql = (const char *)sqlite3_column_text(row, 1);
    const struct object *object = name ? find(name) : NULL;
    return object && sql && strcmp(sql, object->sql) == 0;
}

enum fovea_status
fovea_schema_check(struct fovea_db *db, struct fovea_error *err)
{
    FOVEA_AUTO(sqlite3_finalize_auto) sqlite3_stmt *rows = NULL;
    size_t n = 0;
    int result = sqlite3_prepare_v2(db->sqlite,
            "SELECT name, sql FROM sqlite_schema", -1, &rows, NULL);
    if (result != SQLITE_OK) {
        return fovea_db_fail(db, result, err);
    }
    while ((result = fovea_db_step(db, rows)) == SQLITE_ROW) {
        if (!is_expected(rows)) {
            return fovea_db_fail_damaged(db,
                    "it has a table, trigger or view that is not fovea's", err);
        }
        n++;
    }
    if (result != SQLITE_DONE) {
        return fovea_db_fail(db, result, err);
    }
    return n == FOVEA_ARRAY_LEN(objects) + 1
            ? FOVEA_OK
            : fovea_db_fail_damaged(db, "a table is missing", err);
}
