/* See database.h. */
#include "index/database.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "index/internal.h"
#include "index/place.h"
#include "index/schema.h"
#include "index/upgrade.h"

enum {
    HEAD_SIZE = 100, /* of an SQLite file */
    AT_READ_VERSION = 19,
    HAS_LOG = 2,
    AT_USER_VERSION = 60,
    AT_APPLICATION = 68,
};

static int64_t
read_number(const char *at)
{
    uint32_t number = 0;
    memcpy(&number, at, sizeof number);
    return be32toh(number);
}

/* SQLite takes an empty file for a new one, and changes somebody else's when it
   is opened for writing: the log is turned on. */
enum fovea_status
fovea_database_look(const struct fovea_db *db, int folder_fd, bool *has_log_out,
        struct fovea_error *err)
{
    static const char magic[] = "SQLite format 3";
    char head[HEAD_SIZE] = "";
    FOVEA_AUTO_FD int fd = openat(folder_fd, FOVEA_INDEX_DATABASE,
            O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return fovea_fail_errno(err,
                errno == EACCES ? FOVEA_ERR_FILE_DENIED : FOVEA_ERR_IO, errno,
                "%s/" FOVEA_INDEX_DATABASE, db->name);
    }
    ssize_t n = pread(fd, head, sizeof head, 0);
    if (n < 0) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "%s/" FOVEA_INDEX_DATABASE, db->name);
    }
    if (n != sizeof head || memcmp(head, magic, sizeof magic) != 0) {
        return fovea_db_fail_damaged(db, "index.sqlite is no SQLite file", err);
    }
    if (has_log_out) {
        *has_log_out = head[AT_READ_VERSION] == HAS_LOG;
    }
    return fovea_schema_identify(db, read_number(head + AT_APPLICATION),
            read_number(head + AT_USER_VERSION), err);
}

/* A rollback journal of a transaction over several files ends with the name of
   another file, which SQLite removes. Ours is over one; who put this there wants
   somebody else's file to go. */
static enum fovea_status
check_journal(const struct fovea_db *db, int folder_fd, struct fovea_error *err)
{
    static const uint8_t end_mark[] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1,
        0x63, 0xd7 };
    uint8_t end[sizeof end_mark] = { 0 };
    struct stat info;
    FOVEA_AUTO_FD int fd = openat(folder_fd, FOVEA_INDEX_DATABASE "-journal",
            O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return FOVEA_OK;
    }
    bool is_read = fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
            (info.st_size < (off_t)sizeof end ||
                    pread(fd, end, sizeof end,
                            info.st_size - (off_t)sizeof end) ==
                            (ssize_t)sizeof end);
    return is_read && memcmp(end, end_mark, sizeof end) != 0
            ? FOVEA_OK
            : fovea_db_fail_damaged(db,
                      "index.sqlite-journal is no journal of fovea's", err);
}

/* Whether there are changes that are not in index.sqlite yet. */
static bool
log_has_changes(int folder_fd)
{
    struct stat info;
    return fstatat(folder_fd, FOVEA_INDEX_DATABASE "-wal", &info,
                   AT_SYMLINK_NOFOLLOW) == 0 &&
            info.st_size > 0;
}

static enum fovea_status
fail_log(const struct fovea_db *db, struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_INDEX_READ_ONLY,
            "%s: the last changes stand in index.sqlite-wal, which cannot be "
            "read where the folder may not be written or is remote; search it "
            "once where it may be written",
            db->name);
}

/* A writer was ended in the midst of a change with a rollback journal: whoever
   comes next takes it back, a reader as well. */
static enum fovea_status
recover(struct fovea_db *db, const char *path, struct fovea_error *err)
{
    fovea_db_close(db);
    fovea_error_clear(err);
    enum fovea_status status = fovea_db_open(db, path, FOVEA_DB_WRITE, err);
    fovea_db_close(db);
    return status ? status : fovea_db_open(db, path, FOVEA_DB_READ, err);
}

static enum fovea_status
open_for_reading(struct fovea_db *db, const char *path, int folder_fd,
        bool has_log, struct fovea_error *err)
{
    bool is_remote = fovea_place_is_remote(folder_fd);
    if (!has_log || !is_remote) {
        bool may_write = faccessat(folder_fd, ".", W_OK, AT_EACCESS) == 0;
        enum fovea_status status = fovea_db_open(db, path, FOVEA_DB_READ, err);
        if (status == FOVEA_ERR_INDEX_READ_ONLY && may_write) {
            return recover(db, path, err);
        }
        if (!status || !has_log || may_write || status == FOVEA_ERR_NO_MEMORY) {
            return status;
        }
        fovea_db_close(db);
    }
    if (log_has_changes(folder_fd)) {
        return fail_log(db, err);
    }
    fovea_error_clear(err);
    return fovea_db_open(db, path, FOVEA_DB_READ_IMMUTABLE, err);
}

static enum fovea_status
open_for_writing(struct fovea_db *db, const char *path, int folder_fd,
        struct fovea_error *err)
{
    if (faccessat(folder_fd, ".", W_OK, AT_EACCESS) ||
            faccessat(folder_fd, FOVEA_INDEX_DATABASE, W_OK, AT_EACCESS)) {
        return fovea_fail_errno(err, FOVEA_ERR_INDEX_READ_ONLY, errno, "%s",
                db->name);
    }
    enum fovea_status status = fovea_db_open(db, path, FOVEA_DB_WRITE, err);
    if (status) {
        return status;
    }
    /* Where readers are there the change of the one to the other waits for
       another day: nothing depends on it. */
    (void)sqlite3_busy_timeout(db->sqlite, 0);
    status = fovea_db_run_text(db,
            fovea_place_is_remote(folder_fd) ? "PRAGMA journal_mode = DELETE"
                                             : "PRAGMA journal_mode = WAL",
            err);
    fovea_db_wait_for_others(db);
    if (status == FOVEA_ERR_INDEX_BUSY) {
        fovea_error_clear(err);
        status = FOVEA_OK;
    }
    return status;
}

enum fovea_status
fovea_database_open(struct fovea_db *db, int folder_fd, bool can_write,
        struct fovea_error *err)
{
    bool has_log = false;
    FOVEA_AUTO_FREE char *path = NULL;
    if (asprintf(&path, "%s/" FOVEA_INDEX_DATABASE, db->name) < 0) {
        path = NULL;
        return fovea_fail_memory(err, 64, "a path");
    }
    enum fovea_status status =
            fovea_database_look(db, folder_fd, &has_log, err);
    if (!status) {
        status = check_journal(db, folder_fd, err);
    }
    if (!status) {
        status = can_write
                ? open_for_writing(db, path, folder_fd, err)
                : open_for_reading(db, path, folder_fd, has_log, err);
    }
    int64_t version = 0;
    if (!status) {
        status = fovea_schema_version(db, &version, err);
    }
    if (!status && version < FOVEA_INDEX_VERSION) {
        status = fovea_upgrade(db, path, folder_fd, can_write, err);
    }
    return status ? status : fovea_schema_check(db, err);
}
