/* See place.h. */
#include "index/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/error.h"

/* Of linux/magic.h, and of file systems that have theirs elsewhere. FUSE is sshfs
   as often as not. */
static const uint32_t remote[] = {
    0x6969,     /* NFS */
    0x517b,     /* SMB */
    0xff534d42, /* CIFS */
    0xfe534d42, /* SMB2 */
    0x65735546, /* FUSE */
    0x01021997, /* 9P */
    0x5346414f, /* AFS */
    0x73757245, /* Coda */
    0x00c36400, /* Ceph */
    0x47504653, /* GPFS */
    0x0bd00bd0, /* Lustre */
    0x7461636f, /* OCFS2 */
    0x01161970, /* GFS2 */
};

enum fovea_status
fovea_place_open(const char *path, char **path_out, int *fd_out,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *whole = realpath(path, NULL);
    FOVEA_AUTO_FD int fd =
            whole ? open(whole, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0) {
        enum fovea_status status = errno == ENOENT || errno == ENOTDIR
                ? FOVEA_ERR_INDEX_NOT_FOUND
                : errno == EACCES ? FOVEA_ERR_FILE_DENIED
                : errno == ENOMEM ? FOVEA_ERR_NO_MEMORY
                                  : FOVEA_ERR_IO;
        return fovea_fail_errno(err, status, errno, "%s: no index", path);
    }
    *path_out = FOVEA_TAKE(whole);
    *fd_out = fd;
    fd = -1;
    return FOVEA_OK;
}

bool
fovea_place_is_remote(int folder_fd)
{
    struct statfs info;
    if (fstatfs(folder_fd, &info)) {
        return false;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(remote); i++) {
        if ((uint32_t)info.f_type == remote[i]) {
            return true;
        }
    }
    return false;
}

bool
fovea_place_sync(int folder_fd)
{
    /* Some network file systems have no such thing. */
    return fsync(folder_fd) == 0 || errno == EINVAL;
}

/* Whether path is folder or below it; the rest behind it. */
static const char *
rest_below(const char *folder, const char *path)
{
    size_t size = strlen(folder);
    if (strcmp(folder, "/") == 0) {
        return path + 1;
    }
    if (strncmp(folder, path, size) != 0 ||
            (path[size] != '/' && path[size] != '\0')) {
        return NULL;
    }
    return path[size] ? path + size + 1 : path + size;
}

char *
fovea_place_relate(const char *index, const char *path, bool *is_relative_out)
{
    const char *rest = rest_below(path, index);
    *is_relative_out = rest != NULL;
    if (!rest) {
        return strdup(path);
    }
    size_t n_up = *rest != '\0';
    for (const char *c = rest; *c; c++) {
        n_up += *c == '/';
    }
    if (n_up == 0) {
        return strdup(".");
    }
    char *text = malloc(n_up * 3);
    for (size_t i = 0; text && i < n_up; i++) {
        memcpy(text + i * 3, "../", 3);
    }
    if (text) {
        text[n_up * 3 - 1] = '\0';
    }
    return text;
}

static char *
fail_text(void)
{
    errno = EINVAL;
    return NULL;
}

char *
fovea_place_resolve(const char *index, const char *text, bool is_relative)
{
    if (!is_relative) {
        return text[0] == '/' && strlen(text) < PATH_MAX ? strdup(text)
                                                         : fail_text();
    }
    char *path = strdup(index);
    if (!path || strcmp(text, ".") == 0) {
        return path;
    }
    for (const char *c = text; *c; c += c[2] == '/' ? 3 : 2) {
        char *slash = strrchr(path, '/');
        bool is_up = strncmp(c, "..", 2) == 0 && (c[2] == '/' || c[2] == '\0');
        if (!is_up || !slash || slash[1] == '\0') {
            free(path);
            return fail_text();
        }
        slash[slash == path] = '\0';
    }
    return path;
}
