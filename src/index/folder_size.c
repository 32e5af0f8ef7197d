/* See folder_size.h. */
#include "index/folder_size.h"

#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/macros.h"
#include "index/internal.h"

FOVEA_DEFINE_AUTO(DIR *, closedir);

static uint64_t
add_files(int folder_fd, const char *name)
{
    int fd = openat(folder_fd, name,
            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    FOVEA_AUTO(closedir_auto) DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    uint64_t sum = 0;
    if (!directory) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return 0;
    }
    for (;;) {
        struct stat info;
        /* A directory of its own. NOLINTNEXTLINE(concurrency-mt-unsafe) */
        const struct dirent *entry = readdir(directory);
        if (!entry) {
            return sum;
        }
        if (fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
                S_ISREG(info.st_mode)) {
            sum += (uint64_t)info.st_blocks * 512;
        }
    }
}

uint64_t
fovea_folder_size(int folder_fd)
{
    return add_files(folder_fd, ".") +
            add_files(folder_fd, FOVEA_INDEX_SEGMENTS);
}
