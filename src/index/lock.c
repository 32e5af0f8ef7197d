/* See lock.h. */
#include "index/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/number.h"
#include "sys/file_limit.h"
#include "sys/file_status.h"

static const char name[] = "lock";

enum {
    HOLDER_SIZE = 24
}; /* a number's text, and more than that */

static bool
lock_file(int fd, int command, short type, short *found)
{
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET };
    int result = fcntl(fd, command, &lock);
    *found = lock.l_type;
    return result == 0;
}

/* Whether a file is what a writer left: the number of a process or a part of it.
   Whoever else has a file of this name keeps it. */
static bool
is_ours(int fd)
{
    char text[HOLDER_SIZE + 1];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    if (n < 0 || n == sizeof text - 1) {
        return false;
    }
    text[n] = '\0';
    size_t n_digits = strspn(text, "0123456789");
    return text[n_digits + (text[n_digits] == '\n')] == '\0' &&
            n_digits + 1 >= (size_t)n;
}

bool
fovea_index_was_locked(int folder_fd)
{
    struct stat info;
    FOVEA_AUTO_FD int fd = openat(folder_fd, name,
            O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
            is_ours(fd);
}

static uint64_t
read_holder(int fd)
{
    char text[HOLDER_SIZE] = "";
    uint64_t pid = 0;
    const char *digits = text;
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    return n > 0 && fovea_number_scan(&digits, &pid) ? pid : 0;
}

static enum fovea_status
fail_busy(int fd, const char *path, struct fovea_error *err)
{
    uint64_t pid = read_holder(fd);
    if (pid == 0) { /* it has just taken it */
        return fovea_fail(err, FOVEA_ERR_INDEX_BUSY,
                "%s: another process writes to this index; try again when it "
                "is done",
                path);
    }
    return fovea_fail(err, FOVEA_ERR_INDEX_BUSY,
            "%s: process %" PRIu64
            " writes to this index; try again when it is done",
            path, pid);
}

static enum fovea_status
fail_open(const char *path, int error, struct fovea_error *err)
{
    enum fovea_status status = fovea_file_status(error);
    return fovea_fail_errno(err,
            status == FOVEA_ERR_FILE_DENIED ? FOVEA_ERR_INDEX_READ_ONLY
                                            : status,
            error, "%s: cannot lock the index", path);
}

/* The number is for messages alone: that it cannot be written hinders nobody. */
static void
write_holder(int fd)
{
    char text[HOLDER_SIZE];
    struct fovea_file_limit hold;
    int size =
            snprintf(text, sizeof text, "%" PRIdMAX "\n", (intmax_t)getpid());
    fovea_file_limit_hold(&hold);
    (void)!ftruncate(fd, 0);
    (void)!pwrite(fd, text, (size_t)size, 0);
    fovea_file_limit_release(&hold);
}

enum fovea_status
fovea_index_lock(int folder_fd, const char *path, int *fd_out,
        struct fovea_error *err)
{
    FOVEA_AUTO_FD int fd = openat(folder_fd, name,
            O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    struct stat info;
    short found = 0;
    if (fd < 0 || fstat(fd, &info)) {
        return fail_open(path, errno, err);
    }
    if (!S_ISREG(info.st_mode)) {
        return fovea_fail(err, FOVEA_ERR_INDEX_DAMAGED,
                "%s: %s is no regular file", path, name);
    }
    if (!lock_file(fd, F_OFD_SETLK, F_WRLCK, &found)) {
        return errno == EAGAIN || errno == EACCES ? fail_busy(fd, path, err)
                                                  : fail_open(path, errno, err);
    }
    if (!is_ours(fd)) {
        return fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED,
                "%s: %s is no lock of fovea's, and stays as it is; name another "
                "folder for the index",
                path, name);
    }
    write_holder(fd);
    *fd_out = fd;
    fd = -1;
    return FOVEA_OK;
}

bool
fovea_index_is_locked(int folder_fd)
{
    short found = F_UNLCK;
    FOVEA_AUTO_FD int fd = openat(folder_fd, name,
            O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    /* A lock for reading is asked about: one for writing needs a descriptor that
       may write only where it is taken, but some systems look. */
    return fd >= 0 && lock_file(fd, F_OFD_GETLK, F_RDLCK, &found) &&
            found != F_UNLCK;
}
