/* See file_head.h. */
#include "bulk/file_head.h"

#include <fcntl.h>

#include "base/macros.h"
#include "store/npy.h"

size_t
fovea_file_head(const char *path, char *head, size_t size)
{
    FOVEA_AUTO_FD int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    size_t done = 0;
    ssize_t n = fd < 0 ? 0 : 1;
    while (n > 0 && done < size) {
        n = read(fd, head + done, size - done);
        done += n > 0 ? (size_t)n : 0;
    }
    return done;
}

bool
fovea_file_is_npy(const char *path)
{
    char head[FOVEA_NPY_HEADER_SIZE];
    return fovea_file_head(path, head, sizeof head) == sizeof head &&
            fovea_npy_is_ours(head);
}
