/* Opening and closing an index folder: see folder.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "index/appender.h"
#include "index/database.h"
#include "index/file_page.h"
#include "index/folder.h"
#include "index/internal.h"
#include "index/lock.h"
#include "index/make.h"
#include "index/place.h"
#include "index/segment_place.h"
#include "index/set_list.h"

bool
fovea_index_folder_is_there(const char *path)
{
    FOVEA_AUTO_FREE char *file = NULL;
    struct stat info;
    if (asprintf(&file, "%s/" FOVEA_INDEX_DATABASE, path) < 0) {
        file = NULL;
        return false;
    }
    return lstat(file, &info) == 0 && S_ISREG(info.st_mode);
}

static bool
has_database(const struct fovea_index_folder *folder)
{
    struct stat info;
    return fstatat(folder->fd, FOVEA_INDEX_DATABASE, &info,
                   AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(info.st_mode);
}

static enum fovea_status
open_all(struct fovea_index_folder *folder, const char *path,
        enum fovea_index_access access, struct fovea_error *err)
{
    bool creates = access == FOVEA_INDEX_CREATE ||
            access == FOVEA_INDEX_CREATE_PRIVATE;
    enum fovea_status status = creates
            ? fovea_make_folder(path, access == FOVEA_INDEX_CREATE_PRIVATE, err)
            : FOVEA_OK;
    if (!status) {
        status = fovea_place_open(path, &folder->path, &folder->fd, err);
    }
    if (status) {
        return status;
    }
    folder->db.name = folder->path;
    folder->can_write = access != FOVEA_INDEX_READ;
    if (!creates && !has_database(folder)) {
        return fovea_fail(err, FOVEA_ERR_INDEX_NOT_FOUND,
                "%s: there is no index here (fovea index makes one)",
                folder->path);
    }
    if (creates && !fovea_index_folder_is_there(folder->path)) {
        status = fovea_make_check(folder->fd, folder->path, err);
    }
    /* Somebody else's folder is to stay as it is, without a lock. */
    if (!status && folder->can_write && has_database(folder)) {
        status = fovea_database_look(&folder->db, folder->fd, NULL, err);
    }
    if (!status && folder->can_write) {
        status = fovea_index_lock(folder->fd, folder->path, &folder->lock_fd,
                err);
    }
    if (!status && creates && !has_database(folder)) {
        status = fovea_make_database(folder->fd, folder->path, err);
    }
    if (!status) {
        status = fovea_database_open(&folder->db, folder->fd, folder->can_write,
                err);
    }
    return status || !folder->can_write
            ? status
            : fovea_index_segments_sweep(folder, err);
}

enum fovea_status
fovea_index_folder_open(const char *path, enum fovea_index_access access,
        struct fovea_index_folder **folder_out, struct fovea_error *err)
{
    struct fovea_index_folder *folder = calloc(1, sizeof *folder);
    if (!folder) {
        return fovea_fail_memory(err, sizeof *folder, "an index");
    }
    folder->fd = -1;
    folder->lock_fd = -1;
    enum fovea_status status = open_all(folder, path, access, err);
    if (status) {
        fovea_index_folder_close(folder);
        return status;
    }
    *folder_out = folder;
    return FOVEA_OK;
}

void
fovea_index_folder_close(struct fovea_index_folder *folder)
{
    if (!folder) {
        return;
    }
    fovea_appender_drop(folder);
    fovea_set_list_drop(folder);
    fovea_db_close(&folder->db);
    if (folder->lock_fd >= 0) {
        (void)close(folder->lock_fd);
    }
    if (folder->fd >= 0) {
        (void)close(folder->fd);
    }
    if (folder->got_file) {
        fovea_file_page_finish(folder->got_file);
        free(folder->got_file);
    }
    free(folder->got_item);
    free(folder->path);
    free(folder);
}

const char *
fovea_index_folder_path(const struct fovea_index_folder *folder)
{
    return folder->path;
}
