/* Files in memory: see memfd.h. */
#include "sys/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/file_limit.h"

enum {
    ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE
};

enum fovea_status
fovea_memfd_create(const char *name, int *fd_out, struct fovea_error *err)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        int error = errno;
        return fovea_fail_errno(err,
                error == ENOMEM ? FOVEA_ERR_NO_MEMORY : FOVEA_ERR_IO, error,
                "cannot make a file in memory for %s", name);
    }
    *fd_out = fd;
    return FOVEA_OK;
}

enum fovea_status
fovea_memfd_write(int fd, const void *bytes, size_t size,
        struct fovea_error *err)
{
    const char *at = bytes;
    for (size_t left = size; left > 0;) {
        struct fovea_file_limit hold;
        fovea_file_limit_hold(&hold);
        ssize_t n = write(fd, at, left);
        fovea_file_limit_release(&hold);
        if (n < 0) {
            int error = errno;
            if (error == EINTR) {
                continue;
            }
            return fovea_fail_errno(err,
                    error == ENOMEM || error == ENOSPC ? FOVEA_ERR_NO_MEMORY
                                                       : FOVEA_ERR_IO,
                    error, "cannot write %zu bytes to a file in memory%s", size,
                    fovea_file_limit_hint(error));
        }
        at += n;
        left -= (size_t)n;
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_memfd_seal(int fd, struct fovea_error *err)
{
    if (fcntl(fd, F_ADD_SEALS, ALL_SEALS)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "cannot seal a file in memory");
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_memfd_from_bytes(const char *name, const void *bytes, size_t size,
        int *fd_out, struct fovea_error *err)
{
    FOVEA_AUTO_FD int fd = -1;
    enum fovea_status status = fovea_memfd_create(name, &fd, err);
    if (!status) {
        status = fovea_memfd_write(fd, bytes, size, err);
    }
    if (!status) {
        status = fovea_memfd_seal(fd, err);
    }
    if (!status) {
        *fd_out = fd;
        fd = -1;
    }
    return status;
}

bool
fovea_memfd_is_sealed(int fd)
{
    int seals = fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & ALL_SEALS) == ALL_SEALS;
}
