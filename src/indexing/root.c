/* See root.h. */
#include "indexing/root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/macros.h"

/* The number of a file system: its own, where it has one. That of its device may
   be another each time it is mounted. */
static uint64_t
identify(int fd, const struct stat *info)
{
    struct statfs system;
    uint64_t number = 0;
    _Static_assert(sizeof system.f_fsid == sizeof number, "two words");
    if (fstatfs(fd, &system) == 0) {
        memcpy(&number, &system.f_fsid, sizeof number);
    }
    return number ? number : (uint64_t)info->st_dev;
}

enum fovea_status
fovea_root_open(const char *path, struct fovea_root *root_out,
        struct fovea_error *err)
{
    FOVEA_AUTO_FD int fd = open(path, O_DIRECTORY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info)) {
        int error = errno;
        return fovea_fail_errno(err,
                error == ENOENT            ? FOVEA_ERR_FILE_NOT_FOUND
                        : error == ENOTDIR ? FOVEA_ERR_NOT_A_FILE
                        : error == EACCES || error == EPERM
                        ? FOVEA_ERR_FILE_DENIED
                        : FOVEA_ERR_IO,
                error, "%s: the folder cannot be opened", path);
    }
    *root_out = (struct fovea_root){
        .fd = fd,
        .device = identify(fd, &info),
        .inode = info.st_ino,
    };
    fd = -1;
    return FOVEA_OK;
}

void
fovea_root_finish(struct fovea_root *root)
{
    if (root->fd >= 0) {
        (void)close(root->fd);
    }
    root->fd = -1;
}

/* Whether an index lies in a folder, on the same file system. */
static bool
holds(const struct fovea_root *root, const char *path, const char *index_path)
{
    size_t size = strlen(path);
    struct stat above;
    struct stat below;
    return strncmp(index_path, path, size) == 0 &&
            (index_path[size] == '/' || strcmp(path, "/") == 0) &&
            fstat(root->fd, &above) == 0 && stat(index_path, &below) == 0 &&
            above.st_dev == below.st_dev;
}

enum fovea_status
fovea_root_find(const struct fovea_index_root *stored, const char *index_path,
        struct fovea_root *root_out, struct fovea_error *err)
{
    struct fovea_root root = FOVEA_ROOT_INIT;
    enum fovea_status status = fovea_root_open(stored->path, &root, err);
    if (status == FOVEA_ERR_FILE_NOT_FOUND || status == FOVEA_ERR_NOT_A_FILE) {
        return fovea_fail(err, FOVEA_ERR_ROOT_MISSING,
                "%s is not there: nothing of it is removed from the index "
                "(--relocate says where it is now, --remove forgets it)",
                stored->path);
    }
    if (status) {
        return status;
    }
    if (root.device != stored->device &&
            !holds(&root, stored->path, index_path)) {
        fovea_root_finish(&root);
        return fovea_fail(err, FOVEA_ERR_ROOT_MISSING,
                "%s is on another file system than it was: nothing of it is "
                "changed in the index (--relocate DIR DIR takes it as it is)",
                stored->path);
    }
    *root_out = root;
    return FOVEA_OK;
}

FOVEA_DEFINE_AUTO(DIR *, closedir);

/* Whether a folder is known to have no name that does not begin with a dot. */
static bool
is_empty(const struct fovea_root *root)
{
    int fd = openat(root->fd, ".", O_DIRECTORY | O_CLOEXEC);
    FOVEA_AUTO(closedir_auto) DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (!directory) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return false;
    }
    const struct dirent *found = NULL;
    errno = 0;
    do {
        found = readdir(directory); /* NOLINT(concurrency-mt-unsafe) */
    } while (found && found->d_name[0] == '.');
    return !found && errno == 0;
}

enum fovea_status
fovea_root_check_empty(const struct fovea_root *root,
        const struct fovea_index_root *stored, struct fovea_error *err)
{
    return stored->n_files > 0 && is_empty(root)
            ? fovea_fail(err, FOVEA_ERR_ROOT_MISSING,
                      "%s is empty, and the index knows %" PRIu64
                      " files of it: nothing is removed (--remove forgets it)",
                      stored->path, stored->n_files)
            : FOVEA_OK;
}
