/*
 * See socket_file.h.
 *
 * Between a look at a path and its unlink() somebody may put something else
 * there. So what is to go is renamed first: what has the new name cannot be
 * exchanged any more by who only knows the old one, and is looked at again.
 */
#include "sys/socket_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
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

char *
fovea_socket_name_aside(const char *path)
{
    uint32_t number = 0;
    char *name = NULL;
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash + 1 - path) : 0;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number ||
            asprintf(&name, "%.*s.%08" PRIx32, folder, path, number) < 0) {
        return NULL;
    }
    return name;
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
    FOVEA_AUTO_FREE char *aside = fovea_socket_name_aside(path);
    if (!aside) {
        errno = ENOMEM;
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

/* Keep others of us from removing something in a path's folder: a look and what
   follows from it are one step then. -1 where that cannot be; nobody holds it
   for longer than that takes, and who does is not waited for. */
static int
lock_folder(const char *path)
{
    enum {
        TRIES = 100,
        PAUSE_MS = 10 /* a lock has no time-out of its own */
    };
    const char *slash = strrchr(path, '/');
    FOVEA_AUTO_FREE char *folder =
            slash ? strndup(path, (size_t)(slash + 1 - path)) : strdup(".");
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    for (int i = 0; fd >= 0 && i < TRIES && flock(fd, LOCK_EX | LOCK_NB); i++) {
        (void)poll(NULL, 0, PAUSE_MS);
    }
    return fd;
}

enum fovea_status
fovea_socket_make_room(const char *path, struct fovea_error *err)
{
    struct fovea_socket_file file = { 0, 0 };
    FOVEA_AUTO_FD int lock = -1;
    enum state state = look(path, &file);
    if (state == DEAD) {
        lock = lock_folder(path);
        state = look(path, &file);
    }
    switch (state) {
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

/* Rename where nothing stands; false, with errno. */
static bool
rename_to_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return true;
    }
    /* EINVAL: a file system that cannot. */
    return errno == EINVAL && link(from, to) == 0 && unlink(from) == 0;
}

enum fovea_status
fovea_socket_take_place(const char *from, const char *to,
        struct fovea_error *err)
{
    enum {
        TRIES = 8 /* others may be at the same */
    };
    enum fovea_status status = FOVEA_OK;
    for (int i = 0; i < TRIES && !status; i++) {
        if (rename_to_new(from, to)) {
            return FOVEA_OK;
        }
        status = errno == EEXIST ? fovea_socket_make_room(to, err)
                                 : fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                                           "cannot put a socket at %s", to);
    }
    (void)unlink(from);
    return status ? status
                  : fovea_fail(err, FOVEA_ERR_IO,
                            "others go on putting sockets at %s", to);
}

void
fovea_socket_remove(const char *path, const struct fovea_socket_file *file)
{
    (void)take_away(path, file);
}
