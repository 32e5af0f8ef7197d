/* See upgrade.h. */
#include "index/upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "index/draft.h"
#include "index/internal.h"
#include "index/place.h"
#include "index/schema.h"

/* There is one version yet. */
static const struct fovea_upgrade_steps known = { NULL, 0 };

static enum fovea_status
copy(struct fovea_db *from, struct fovea_db *to, struct fovea_error *err)
{
    sqlite3_backup *backup =
            sqlite3_backup_init(to->sqlite, "main", from->sqlite, "main");
    if (!backup) {
        return fovea_db_fail(to, sqlite3_extended_errcode(to->sqlite), err);
    }
    (void)sqlite3_backup_step(backup, -1);
    int result = sqlite3_backup_finish(backup);
    return result == SQLITE_OK ? FOVEA_OK : fovea_db_fail(to, result, err);
}

static enum fovea_status
take_steps(struct fovea_db *db, const struct fovea_upgrade_steps *steps,
        struct fovea_error *err)
{
    int64_t version = 0;
    char sql[64];
    enum fovea_status status =
            fovea_db_read_number(db, "PRAGMA user_version", &version, err);
    if (!status) {
        status = fovea_db_run_text(db, "BEGIN", err);
    }
    for (; !status && version <= (int64_t)steps->n; version++) {
        status = fovea_db_run_text(db, steps->texts[version - 1], err);
    }
    (void)snprintf(sql, sizeof sql, "PRAGMA user_version = %" PRId64 "; COMMIT",
            version);
    return status ? status : fovea_db_run_text(db, sql, err);
}

static enum fovea_status
upgrade_in_memory(struct fovea_db *db, const char *path,
        const struct fovea_upgrade_steps *steps, struct fovea_error *err)
{
    struct fovea_db other = { .name = db->name };
    enum fovea_status status =
            fovea_db_open(&other, path, FOVEA_DB_MEMORY, err);
    if (!status) {
        status = copy(db, &other, err);
    }
    if (!status) {
        status = take_steps(&other, steps, err);
    }
    if (!status) {
        fovea_db_move(&other, db);
    }
    fovea_db_close(&other);
    return status;
}

/* The old file has no log any more, nor may it get one: what stands in a log
   would be taken for changes of the new one. */
static enum fovea_status
replace(struct fovea_db *db, const char *path, int folder_fd,
        struct fovea_error *err)
{
    fovea_db_close(db);
    if (renameat(folder_fd, FOVEA_INDEX_DRAFT, folder_fd,
                FOVEA_INDEX_DATABASE) ||
            !fovea_place_sync(folder_fd)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "%s: the upgraded index cannot take the old one's place", path);
    }
    enum fovea_status status = fovea_db_open(db, path, FOVEA_DB_WRITE, err);
    if (status || fovea_place_is_remote(folder_fd)) {
        return status;
    }
    return fovea_db_run_text(db, "PRAGMA journal_mode = WAL", err);
}

static enum fovea_status
upgrade_file(struct fovea_db *db, const char *path, int folder_fd,
        const struct fovea_upgrade_steps *steps, struct fovea_error *err)
{
    struct fovea_db other = { .name = db->name };
    FOVEA_AUTO_FREE char *draft = NULL;
    if (asprintf(&draft, "%s.new", path) < 0) {
        draft = NULL;
        return fovea_fail_memory(err, 64, "a path");
    }
    fovea_draft_remove(folder_fd);
    enum fovea_status status =
            fovea_db_run_text(db, "PRAGMA journal_mode = DELETE", err);
    if (!status) {
        status = fovea_db_open(&other, draft, FOVEA_DB_CREATE, err);
    }
    if (!status) {
        status = copy(db, &other, err);
    }
    if (!status) {
        status = take_steps(&other, steps, err);
    }
    fovea_db_close(&other);
    return status ? status : replace(db, path, folder_fd, err);
}

enum fovea_status
fovea_upgrade_by(struct fovea_db *db, const char *path, int folder_fd,
        bool can_write, const struct fovea_upgrade_steps *steps,
        struct fovea_error *err)
{
    return can_write ? upgrade_file(db, path, folder_fd, steps, err)
                     : upgrade_in_memory(db, path, steps, err);
}

enum fovea_status
fovea_upgrade(struct fovea_db *db, const char *path, int folder_fd,
        bool can_write, struct fovea_error *err)
{
    return fovea_upgrade_by(db, path, folder_fd, can_write, &known, err);
}
