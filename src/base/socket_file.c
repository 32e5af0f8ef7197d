/*
 * See socket_file.h.
 *
 * Between a look at a path and its unlink() somebody may put something else
 * there. So what is to go is renamed first: what has the new name cannot be
 * exchanged any more by who only knows the old one, and is looked at again.
 */
#include "base/socket_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/error.h"

enum state {
    ABSENT, /* nothing is there */
    DEAD,   /* a socket that nobody listens on */
    ALIVE,
    UNKNOWN, /* a socket that may not be asked */
    OTHER,   /* a file, a link, a directory, ... */
};

static enum state
ask(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t size = strlen(path);
    if (size >= sizeof address.sun_path) {
        return UNKNOWN;
    }
    memcpy(address.sun_path, path, size + 1);
    FOVEA_AUTO_FD int fd =
            socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return UNKNOWN;
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
        return ALIVE;
    }
    switch (errno) {
    case ECONNREFUSED:
        return DEAD;
    case EAGAIN:     /* its queue is full */
    case EPROTOTYPE: /* somebody's, of another type */
        return ALIVE;
    default:
        return UNKNOWN;
    }
}

bool
fovea_socket_identify(const char *path, struct fovea_socket_file *file_out)
{
    struct stat info;
    if (lstat(path, &info)) {
        return false;
    }
    *file_out = (struct fovea_socket_file){ info.st_dev, info.st_ino };
    errno = ENOTSOCK;
    return S_ISSOCK(info.st_mode);
}

static enum state
look(const char *path, struct fovea_socket_file *file_out)
{
    if (fovea_socket_identify(path, file_out)) {
        return ask(path);
    }
    /* Where it cannot even be looked at, who makes the new one will know why. */
    return errno == ENOTSOCK ? OTHER : ABSENT;
}

static bool
is_same(const char *path, const struct fovea_socket_file *file)
{
    struct fovea_socket_file found;
    return fovea_socket_identify(path, &found) &&
            found.device == file->device && found.inode == file->inode;
}

/* Remove exactly this socket. False, with errno, if it stands there still or
   something else does; ENOENT if nothing did. */
static bool
take_away(const char *path, const struct fovea_socket_file *file)
{
    uint64_t number = 0;
    char aside[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash + 1 - path) : 0;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) {
        return false;
    }
    int size = snprintf(aside, sizeof aside, "%.*s.fovea-%016llx.old", folder,
            path, (unsigned long long)number);
    if (size < 0 || (size_t)size >= sizeof aside) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (renameat2(AT_FDCWD, path, AT_FDCWD, aside, RENAME_NOREPLACE)) {
        /* EINVAL: a file system that cannot; it is as good as it can be. */
        return errno == EINVAL && is_same(path, file) && unlink(path) == 0;
    }
    if (is_same(aside, file)) {
        return unlink(aside) == 0;
    }
    (void)renameat2(AT_FDCWD, aside, AT_FDCWD, path, RENAME_NOREPLACE);
    errno = EEXIST;
    return false;
}

enum fovea_status
fovea_socket_make_room(const char *path, struct fovea_error *err)
{
    struct fovea_socket_file file = { 0, 0 };
    switch (look(path, &file)) {
    case ABSENT:
        return FOVEA_OK;
    case ALIVE:
        return fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED,
                "a server listens on %s already", path);
    case OTHER:
        return fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED,
                "%s is there and is no socket: it is not replaced; remove it, "
                "or give another path",
                path);
    case UNKNOWN:
        return fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED,
                "whether a server listens on %s cannot be found out", path);
    case DEAD:
    default:
        break;
    }
    if (take_away(path, &file) || errno == ENOENT) {
        return FOVEA_OK;
    }
    return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
            "the old socket %s cannot be removed", path);
}

void
fovea_socket_remove(const char *path, const struct fovea_socket_file *file)
{
    (void)take_away(path, file);
}
