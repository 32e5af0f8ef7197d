/* See make.h. */
#include "index/make.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "index/draft.h"
#include "index/internal.h"
#include "index/lock.h"
#include "index/place.h"
#include "index/schema.h"
#include "sys/file_status.h"

static enum fovea_status
fail_write(int error, const char *path, struct fovea_error *err)
{
    enum fovea_status status = fovea_file_status(error);
    status = status == FOVEA_ERR_FILE_DENIED      ? FOVEA_ERR_INDEX_READ_ONLY
            : error == ENOENT || error == ENOTDIR ? FOVEA_ERR_FILE_NOT_FOUND
                                                  : status;
    return fovea_fail_errno(err, status, error, "%s: cannot make an index",
            path);
}

enum fovea_status
fovea_make_folder(const char *path, bool is_private, struct fovea_error *err)
{
    return mkdir(path, is_private ? 0700 : 0777) == 0 || errno == EEXIST
            ? FOVEA_OK
            : fail_write(errno, path, err);
}

/* What an index consists of, and what one that was being made may have left: but
   nothing is made before its lock is taken. */
static bool
is_ours(int folder_fd, const char *name)
{
    static const char *const ours[] = { ".", "..", "lock", FOVEA_INDEX_DATABASE,
        FOVEA_INDEX_DATABASE "-wal", FOVEA_INDEX_DATABASE "-shm",
        FOVEA_INDEX_DRAFT, FOVEA_INDEX_DRAFT "-journal",
        FOVEA_INDEX_DRAFT "-wal", FOVEA_INDEX_DRAFT "-shm",
        FOVEA_INDEX_SEGMENTS };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(ours); i++) {
        if (strcmp(name, ours[i]) == 0) {
            struct stat info;
            bool is_linked = strcmp(name, FOVEA_INDEX_DATABASE) == 0 &&
                    fstatat(folder_fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
                    !S_ISREG(info.st_mode);
            return name[0] == '.' ||
                    (!is_linked && fovea_index_was_locked(folder_fd));
        }
    }
    return false;
}

FOVEA_DEFINE_AUTO(DIR *, closedir);

enum fovea_status
fovea_make_check(int folder_fd, const char *path, struct fovea_error *err)
{
    int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FOVEA_AUTO(closedir_auto) DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (!directory) {
        int error = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return fail_write(error, path, err);
    }
    for (;;) {
        /* A directory of its own. NOLINTNEXTLINE(concurrency-mt-unsafe) */
        const struct dirent *entry = readdir(directory);
        if (!entry) {
            return FOVEA_OK;
        }
        if (!is_ours(folder_fd, entry->d_name)) {
            return fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED,
                    "%s: no index, but %s is there; an index is made in a new "
                    "or an empty folder",
                    path, entry->d_name);
        }
    }
}

/* index.sqlite under another name: whole, closed and on the disk. */
static enum fovea_status
draft(int folder_fd, const char *path, struct fovea_error *err)
{
    struct fovea_db db = { .name = path };
    FOVEA_AUTO_FREE char *file = NULL;
    if (asprintf(&file, "%s/" FOVEA_INDEX_DRAFT, path) < 0) {
        file = NULL;
        return fovea_fail_memory(err, 64, "a path");
    }
    fovea_draft_remove(folder_fd);
    enum fovea_status status = fovea_db_open(&db, file, FOVEA_DB_CREATE, err);
    if (!status) {
        status = fovea_schema_create(&db, err);
    }
    /* The log is the rule from the start: changing to it is a write, too. */
    if (!status) {
        status = fovea_db_run_text(&db, "PRAGMA journal_mode = WAL", err);
    }
    fovea_db_close(&db);
    return status;
}

enum fovea_status
fovea_make_database(int folder_fd, const char *path, struct fovea_error *err)
{
    enum fovea_status status = fovea_make_check(folder_fd, path, err);
    if (!status) {
        status = draft(folder_fd, path, err);
    }
    if (status) {
        return status;
    }
    /* Of an index.sqlite that is gone: not for the one that comes. */
    (void)unlinkat(folder_fd, FOVEA_INDEX_DATABASE "-wal", 0);
    (void)unlinkat(folder_fd, FOVEA_INDEX_DATABASE "-shm", 0);
    if ((mkdirat(folder_fd, FOVEA_INDEX_SEGMENTS, 0777) && errno != EEXIST) ||
            !fovea_place_sync(folder_fd) ||
            renameat(folder_fd, FOVEA_INDEX_DRAFT, folder_fd,
                    FOVEA_INDEX_DATABASE) ||
            !fovea_place_sync(folder_fd)) {
        return fail_write(errno, path, err);
    }
    return FOVEA_OK;
}
