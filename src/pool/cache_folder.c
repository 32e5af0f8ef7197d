/* See cache_folder.h. */
#include "pool/cache_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "pool/cache_key.h"

enum {
    FOLDER_MODE = 0700,
    FILE_MODE = 0600,
    /* A hidden file is one that is being written, unless it is as old. */
    LEFT_BEHIND_S = 3600,
    FILE_NAME_SIZE = 96, /* ours are shorter */
};

struct file {
    char name[FILE_NAME_SIZE];
    uint64_t size;
    struct timespec used;
};

struct listing {
    struct file *files; /* [n]; owned */
    size_t n;
    size_t capacity;
    uint64_t total_bytes;
};

/* With the ones above it that are missing. */
static enum fovea_status
make_folder(const char *path, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *part = strdup(path);
    if (!part) {
        return fovea_fail_memory(err, strlen(path), "a path");
    }
    for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash) {
            *slash = '\0';
        }
        if (mkdir(part, FOLDER_MODE) && errno != EEXIST) {
            return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                    "cannot make the folder %s", part);
        }
        if (!slash) {
            return FOVEA_OK;
        }
        *slash = '/';
    }
}

static bool
is_private(const struct stat *info)
{
    return info->st_uid == geteuid() &&
            (info->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* The user may have made a link of the cache itself, of its folders not. */
static enum fovea_status
open_folder(int at_fd, const char *name, int flags, const char *shown,
        int *fd_out, struct fovea_error *err)
{
    FOVEA_AUTO_FD int fd =
            openat(at_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
    if (fd < 0) {
        *fd_out = -1;
        return errno == ENOENT ? FOVEA_OK
                               : fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                                         "cannot open the folder %s", shown);
    }
    struct stat info;
    if (fstat(fd, &info)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno, "%s", shown);
    }
    if (!is_private(&info)) {
        return fovea_fail(err, FOVEA_ERR_FILE_DENIED,
                "%s: not used as a cache: it must belong to the user and be "
                "writable for no one else (chmod go-w)",
                shown);
    }
    *fd_out = fd;
    fd = -1;
    return FOVEA_OK;
}

enum fovea_status
fovea_cache_folder_open(const char *cache, const char *name, int *fd_out,
        struct fovea_error *err)
{
    FOVEA_AUTO_FD int cache_fd = -1;
    enum fovea_status status =
            open_folder(AT_FDCWD, cache, 0, cache, &cache_fd, err);
    if (status || cache_fd < 0) {
        *fd_out = -1;
        return status;
    }
    char shown[sizeof err->message];
    (void)snprintf(shown, sizeof shown, "%s/%s", cache, name);
    return open_folder(cache_fd, name, O_NOFOLLOW, shown, fd_out, err);
}

enum fovea_status
fovea_cache_folder_need(const char *cache, const char *name, char **path_out,
        int *fd_out, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *path = NULL;
    if (asprintf(&path, "%s/%s", cache, name) < 0) {
        path = NULL;
        return fovea_fail_memory(err, strlen(cache), "a path");
    }
    enum fovea_status status = make_folder(path, err);
    if (!status) {
        status = fovea_cache_folder_open(cache, name, fd_out, err);
    }
    if (status) {
        return status;
    }
    if (*fd_out < 0) {
        return fovea_fail(err, FOVEA_ERR_IO, "%s: somebody removes it", path);
    }
    *path_out = FOVEA_TAKE(path);
    return FOVEA_OK;
}

enum fovea_status
fovea_cache_folder_begin_file(const char *folder, const char *name,
        struct fovea_atomic_file *file, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        path = NULL;
        return fovea_fail_memory(err, strlen(folder), "a path");
    }
    enum fovea_status status = fovea_atomic_file_open(path, file, err);
    if (!status && fchmod(file->fd, FILE_MODE)) {
        status = fovea_fail_errno(err, FOVEA_ERR_IO, errno, "%s", path);
    }
    return status;
}

int
fovea_cache_folder_open_file(int folder_fd, const char *name)
{
    FOVEA_AUTO_FD int fd = openat(folder_fd, name,
            O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) || !S_ISREG(info.st_mode) ||
            !is_private(&info)) {
        return -1;
    }
    int taken = fd;
    fd = -1;
    return taken;
}

static enum fovea_status
append(struct listing *listing, const char *name, const struct stat *info,
        struct fovea_error *err)
{
    if (listing->n == listing->capacity) {
        size_t capacity = 2 * listing->capacity + 16;
        struct file *files = realloc(listing->files, capacity * sizeof *files);
        if (!files) {
            return fovea_fail_memory(err, capacity * sizeof *files,
                    "a list of files");
        }
        listing->files = files;
        listing->capacity = capacity;
    }
    struct file *file = &listing->files[listing->n++];
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    file->size = (uint64_t)info->st_size;
    file->used = info->st_mtim;
    listing->total_bytes += file->size;
    return FOVEA_OK;
}

/* Whether a name is one that fovea gives: a digest, with ".fovea" behind it or
   not, or a file's temporary one. A user may have pointed the cache at a folder
   that holds other things as well. */
static bool
is_ours(const char *name)
{
    static const char temporary[] = ".fovea-";
    size_t n_digits = strspn(name, "0123456789abcdef");
    return strncmp(name, temporary, sizeof temporary - 1) == 0 ||
            (n_digits == FOVEA_CACHE_KEY_SIZE - 1 &&
                    (name[n_digits] == '\0' ||
                            strcmp(name + n_digits, ".fovea") == 0));
}

static enum fovea_status
list(int folder_fd, DIR *directory, struct listing *listing,
        struct fovea_error *err)
{
    struct timespec now = { 0, 0 };
    (void)clock_gettime(CLOCK_REALTIME, &now);
    for (;;) {
        errno = 0;
        /* One thread has this stream. NOLINTNEXTLINE(concurrency-mt-unsafe) */
        const struct dirent *entry = readdir(directory);
        if (!entry) {
            return errno ? fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                                   "cannot list the cache")
                         : FOVEA_OK;
        }
        const char *name = entry->d_name;
        struct stat info;
        if (strlen(name) >= FILE_NAME_SIZE || !is_ours(name) ||
                fstatat(folder_fd, name, &info, AT_SYMLINK_NOFOLLOW) ||
                !S_ISREG(info.st_mode)) {
            continue; /* not ours, or gone meanwhile */
        }
        if (name[0] == '.') {
            if (now.tv_sec - info.st_mtim.tv_sec > LEFT_BEHIND_S) {
                (void)unlinkat(folder_fd, name, 0);
            }
            continue;
        }
        enum fovea_status status = append(listing, name, &info, err);
        if (status) {
            return status;
        }
    }
}

static int
compare_use(const void *a, const void *b)
{
    const struct timespec *left = &((const struct file *)a)->used;
    const struct timespec *right = &((const struct file *)b)->used;
    if (left->tv_sec != right->tv_sec) {
        return left->tv_sec < right->tv_sec ? -1 : 1;
    }
    return (left->tv_nsec > right->tv_nsec) - (left->tv_nsec < right->tv_nsec);
}

/* Another process may be at the same: a file that is gone is as good. */
static enum fovea_status
remove_oldest(int folder_fd, struct listing *listing, uint64_t max_bytes,
        size_t max_files, const char *keep, struct fovea_error *err)
{
    size_t n_left = listing->n;
    if (n_left > 0) {
        qsort(listing->files, listing->n, sizeof *listing->files, compare_use);
    }
    for (size_t i = 0; i < listing->n &&
            (listing->total_bytes > max_bytes || n_left > max_files);
            i++) {
        const struct file *file = &listing->files[i];
        if (keep && strcmp(file->name, keep) == 0) {
            continue;
        }
        if (unlinkat(folder_fd, file->name, 0) && errno != ENOENT) {
            return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                    "cannot remove %s from the cache", file->name);
        }
        listing->total_bytes -= file->size;
        n_left--;
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_cache_folder_trim(int folder_fd, uint64_t max_bytes, size_t max_files,
        const char *keep, struct fovea_error *err)
{
    /* A descriptor of its own: reading moves its place. */
    int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (!directory) {
        int problem = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return fovea_fail_errno(err,
                problem == ENOMEM ? FOVEA_ERR_NO_MEMORY : FOVEA_ERR_IO, problem,
                "cannot list the cache");
    }
    struct listing listing = { .files = NULL };
    enum fovea_status status = list(folder_fd, directory, &listing, err);
    if (!status) {
        status = remove_oldest(folder_fd, &listing, max_bytes, max_files, keep,
                err);
    }
    free(listing.files);
    (void)closedir(directory);
    return status;
}
