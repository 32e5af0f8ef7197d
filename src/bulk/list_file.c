/* See list_file.h. */
#include "bulk/list_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

static enum fovea_status
open_failed(const char *path, int error, struct fovea_error *err)
{
    enum fovea_status status = error == EACCES || error == EPERM
            ? FOVEA_ERR_FILE_DENIED
            : error == ENOENT ? FOVEA_ERR_FILE_NOT_FOUND
                              : FOVEA_ERR_IO;
    return fovea_fail_errno(err, status, error, "%s", path);
}

enum fovea_status
fovea_list_file_open(const char *path, int *fd_out, struct fovea_error *err)
{
    struct stat info;
    if (strcmp(path, "-") == 0) {
        *fd_out = STDIN_FILENO;
        return FOVEA_OK;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return open_failed(path, errno, err);
    }
    if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
        (void)close(fd);
        return fovea_fail(err, FOVEA_ERR_NOT_A_FILE, "%s: is a directory",
                path);
    }
    *fd_out = fd;
    return FOVEA_OK;
}

void
fovea_list_file_close(int fd)
{
    if (fd > STDERR_FILENO) {
        (void)close(fd);
    }
}

const char *
fovea_list_file_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}
