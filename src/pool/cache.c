/* See cache.h. */
#include "pool/cache.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "pool/cache_folder.h"
#include "sys/atomic_file.h"
#include "sys/input.h"
#include "sys/pages.h"

enum {
    COPY_BYTES = FOVEA_HUGE_PAGE_BYTES, /* so that the copy has such pages */
    FILE_NAME_SIZE = 80,
    BYTES_OF_MB = 1 << 20,
};

static const char packed_folder[] = "packed";

/* Folder. */

/* The environment's place; NULL: none, or no memory. */
static char *
default_directory(bool *has_place_out)
{
    static const struct {
        const char *variable;
        const char *below;
    } places[] = {
        { "FOVEA_CACHE", "" },
        { "XDG_CACHE_HOME", "/fovea" },
        { "HOME", "/.cache/fovea" },
    };
    *has_place_out = false;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(places); i++) {
        const char *value = /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
                getenv(places[i].variable);
        if (value && value[0]) {
            char *path = NULL;
            *has_place_out = true;
            return asprintf(&path, "%s%s", value, places[i].below) < 0 ? NULL
                                                                       : path;
        }
    }
    return NULL;
}

enum fovea_status
fovea_cache_init(struct fovea_cache *cache, const char *directory,
        uint64_t max_bytes, struct fovea_error *err)
{
    bool has_place = directory && directory[0];
    char *chosen = NULL;
    if (has_place) {
        chosen = strdup(directory);
    } else if (!directory) {
        chosen = default_directory(&has_place);
    }
    if (has_place && !chosen) {
        return fovea_fail_memory(err, 0, "the cache's path");
    }
    *cache = (struct fovea_cache){ chosen, max_bytes };
    return FOVEA_OK;
}

void
fovea_cache_finish(struct fovea_cache *cache)
{
    free(cache->directory);
    cache->directory = NULL;
}

/* Whether there is a cache that can have something under a key. */
static bool
file_name(const struct fovea_cache *cache, const char *key,
        char name_out[FILE_NAME_SIZE])
{
    if (!cache->directory || !fovea_cache_is_key(key)) {
        return false;
    }
    (void)snprintf(name_out, FILE_NAME_SIZE, "%s.fovea", key);
    return true;
}

/* Packed weights. */

enum fovea_status
fovea_cache_open(const struct fovea_cache *cache, const char *key, int *fd_out,
        struct fovea_error *err)
{
    char name[FILE_NAME_SIZE];
    FOVEA_AUTO_FD int folder = -1;
    if (file_name(cache, key, name)) {
        enum fovea_status status = fovea_cache_folder_open(cache->directory,
                packed_folder, &folder, err);
        if (status) {
            return status;
        }
    }
    *fd_out = folder >= 0 ? fovea_cache_folder_open_file(folder, name) : -1;
    if (*fd_out >= 0) {
        /* Used now. Where it cannot be said the file goes a little sooner. */
        (void)futimens(*fd_out, NULL);
    }
    return FOVEA_OK;
}

static enum fovea_status
copy(int from, uint64_t size, struct fovea_atomic_file *file,
        struct fovea_error *err)
{
    const struct fovea_input input = { .fd = from, .size = size };
    FOVEA_AUTO_FREE uint8_t *block = malloc(COPY_BYTES);
    if (!block) {
        return fovea_fail_memory(err, COPY_BYTES, "a copy");
    }
    for (uint64_t at = 0; at < size;) {
        size_t n = 0;
        enum fovea_status status =
                fovea_input_read(&input, at, block, COPY_BYTES, &n, err);
        if (!status && n == 0) {
            status = fovea_fail(err, FOVEA_ERR_IO,
                    "packed weights became shorter while they were copied");
        }
        if (!status) {
            status = fovea_atomic_file_write(file, block, n, err);
        }
        if (status) {
            return status;
        }
        at += n;
    }
    return FOVEA_OK;
}

static enum fovea_status
check_room(const struct fovea_cache *cache, int folder, uint64_t size,
        struct fovea_error *err)
{
    struct statvfs disk;
    if (size > cache->max_bytes) {
        return fovea_fail(err, FOVEA_ERR_IO,
                "%" PRIu64 " bytes are more than the cache may hold, %" PRIu64
                " (max_cache_bytes, --max-cache)",
                size, cache->max_bytes);
    }
    if (fstatvfs(folder, &disk) ||
            size / disk.f_frsize < (uint64_t)disk.f_bavail) {
        return FOVEA_OK; /* or nobody knows: writing will tell */
    }
    return fovea_fail_errno(err, FOVEA_ERR_IO, ENOSPC,
            "%s has %" PRIu64 " MB left, %" PRIu64 " MB are needed",
            cache->directory,
            (uint64_t)disk.f_bavail * disk.f_frsize / BYTES_OF_MB,
            size / BYTES_OF_MB + 1);
}

enum fovea_status
fovea_cache_store(const struct fovea_cache *cache, const char *key, int fd,
        bool *is_stored_out, struct fovea_error *err)
{
    char name[FILE_NAME_SIZE];
    struct stat info;
    *is_stored_out = false;
    if (!file_name(cache, key, name)) {
        return FOVEA_OK;
    }
    if (fstat(fd, &info)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno, "packed weights");
    }
    uint64_t size = (uint64_t)info.st_size;
    FOVEA_AUTO_FREE char *folder = NULL;
    FOVEA_AUTO_FD int folder_fd = -1;
    enum fovea_status status = fovea_cache_folder_need(cache->directory,
            packed_folder, &folder, &folder_fd, err);
    if (!status) {
        status = check_room(cache, folder_fd, size, err);
    }
    if (status) {
        return status;
    }
    struct fovea_atomic_file file = FOVEA_ATOMIC_FILE_INIT;
    status = fovea_cache_folder_begin_file(folder, name, &file, err);
    if (!status) {
        status = copy(fd, size, &file, err);
    }
    if (!status) {
        status = fovea_atomic_file_commit(&file, err);
    }
    fovea_atomic_file_abandon(&file);
    if (!status) {
        *is_stored_out = true;
        status = fovea_cache_folder_trim(folder_fd, cache->max_bytes, SIZE_MAX,
                name, err);
    }
    return status;
}

enum fovea_status
fovea_cache_remove(const struct fovea_cache *cache, const char *key,
        struct fovea_error *err)
{
    char name[FILE_NAME_SIZE];
    FOVEA_AUTO_FD int folder = -1;
    if (!file_name(cache, key, name)) {
        return FOVEA_OK;
    }
    enum fovea_status status = fovea_cache_folder_open(cache->directory,
            packed_folder, &folder, err);
    if (!status && folder >= 0 && unlinkat(folder, name, 0) &&
            errno != ENOENT) {
        status = fovea_fail_errno(err, FOVEA_ERR_IO, errno, "%s in %s/%s", name,
                cache->directory, packed_folder);
    }
    return status;
}
