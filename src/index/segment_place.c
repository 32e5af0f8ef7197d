/* See segment_place.h. */
#include "index/segment_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/number.h"
#include "index/query.h"

static const char ending[] = ".seg";

char *
fovea_index_segment_path(const struct fovea_index_folder *folder, int64_t id)
{
    char *path = NULL;
    return asprintf(&path, "%s/" FOVEA_INDEX_SEGMENTS "/%" PRId64 "%s",
                   folder->path, id, ending) < 0
            ? NULL
            : path;
}

int64_t
fovea_index_segment_id(const char *name)
{
    uint64_t id = 0;
    return *name != '0' && fovea_number_scan(&name, &id) &&
                    strcmp(name, ending) == 0 && id <= INT64_MAX
            ? (int64_t)id
            : 0;
}

struct fovea_segment_spec
fovea_index_segment_spec(const struct fovea_index_set *set, int64_t id)
{
    struct fovea_segment_spec spec = {
        .number = (uint64_t)id,
        .dimension = set->key.dimension,
        .store = set->key.store,
    };
    memcpy(spec.set_id, set->uuid, sizeof spec.set_id);
    return spec;
}

enum fovea_status
fovea_index_segment_create(const struct fovea_index_folder *folder,
        const struct fovea_index_set *set, int64_t id,
        struct fovea_segment **segment_out, struct fovea_error *err)
{
    struct fovea_segment_spec spec = fovea_index_segment_spec(set, id);
    struct stat info;
    spec.capacity = FOVEA_SEGMENT_ROWS;
    FOVEA_AUTO_FREE char *path = fovea_index_segment_path(folder, id);
    if (!path) {
        return fovea_fail_memory(err, 64, "a segment's path");
    }
    (void)unlink(path);
    enum fovea_status status =
            fovea_segment_create(path, &spec, segment_out, err);
    /* Whoever may read the one half of an index may read the other. */
    if (!status &&
            !fstatat(folder->fd, FOVEA_INDEX_DATABASE, &info,
                    AT_SYMLINK_NOFOLLOW)) {
        (void)chmod(path, info.st_mode & 0666);
    }
    return status;
}

static bool
is_known(struct fovea_index_folder *folder, int64_t id)
{
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_SEGMENT_EXISTS, NULL);
    fovea_query_put(&query, id);
    bool is_there = fovea_query_step(&query);
    return fovea_query_end(&query) != FOVEA_OK || is_there;
}

FOVEA_DEFINE_AUTO(DIR *, closedir);

enum fovea_status
fovea_index_segments_sweep(struct fovea_index_folder *folder,
        struct fovea_error *err)
{
    int fd = openat(folder->fd, FOVEA_INDEX_SEGMENTS,
            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    FOVEA_AUTO(closedir_auto) DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (!directory) {
        int error = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return error == ELOOP || error == ENOTDIR
                ? fovea_fail(err, FOVEA_ERR_INDEX_DAMAGED,
                          "%s: " FOVEA_INDEX_SEGMENTS
                          " is a link, or no folder",
                          folder->path)
                : FOVEA_OK;
    }
    for (;;) {
        /* A directory of its own. NOLINTNEXTLINE(concurrency-mt-unsafe) */
        const struct dirent *entry = readdir(directory);
        if (!entry) {
            return FOVEA_OK;
        }
        int64_t id = fovea_index_segment_id(entry->d_name);
        if (id > 0 && !is_known(folder, id)) {
            (void)unlinkat(fd, entry->d_name, 0);
        }
    }
}
