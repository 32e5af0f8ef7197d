/* See directories.h. */
#include "sys/directories.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/macros.h"
#include "sys/file_status.h"

/* Its name is in the directory above: that one is what is synced. Where it may
   not be read, or has no such thing, the name is there all the same. */
static void
sync_above(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash && slash != path) {
        *slash = '\0';
    }
    int fd = open(!slash            ? "."
                    : slash == path ? "/"
                                    : path,
            O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (slash) {
        *slash = '/';
    }
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
}

enum fovea_status
fovea_make_directories(const char *path, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *copy = strdup(path);
    if (!copy) {
        return fovea_fail_memory(err, strlen(path), "a path");
    }
    for (char *at = *copy ? copy + 1 : copy;; at++) {
        if (*at && *at != '/') {
            continue;
        }
        bool is_last = !*at;
        *at = 0;
        bool is_made = mkdir(copy, 0777) == 0;
        if (!is_made && errno != EEXIST) {
            int error = errno;
            return fovea_fail_errno(err, fovea_file_status(error), error,
                    "%s: cannot make this directory", copy);
        }
        if (is_made) {
            sync_above(copy);
        }
        if (is_last) {
            return FOVEA_OK;
        }
        *at = '/';
    }
}
