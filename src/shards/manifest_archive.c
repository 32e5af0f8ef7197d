/* See manifest_archive.h. */
#include "shards/manifest_archive.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "shards/manifest.h"

_Static_assert((int)FOVEA_NAME_VERSION_SIZE >= (int)FOVEA_ARCHIVE_VERSION_SIZE,
        "a line has room for an archive's version");

void
fovea_archive_parts_finish(struct fovea_archive_parts *parts)
{
    if (parts->n > 0) {
        fovea_shard_name_finish(&parts->all[0]);
    }
    free(parts->all);
    *parts = (struct fovea_archive_parts){ .n = 0 };
}

static enum fovea_status
add(struct fovea_archive_parts *parts, uint64_t first, uint64_t offset,
        struct fovea_error *err)
{
    if (parts->n == parts->room) {
        uint64_t room = parts->room ? 2 * parts->room : 4;
        struct fovea_shard_name *more =
                reallocarray(parts->all, room, sizeof *more);
        if (!more) {
            return fovea_fail_memory(err, room * sizeof *more,
                    "parts of an archive");
        }
        parts->all = more;
        parts->room = room;
    }
    parts->all[parts->n++] = (struct fovea_shard_name){
        .is_archive = true,
        .first = first,
        .offset = offset,
        .count = FOVEA_SHARD_UNCOUNTED,
    };
    return FOVEA_OK;
}

struct counting {
    struct fovea_archive_parts *parts;
    uint64_t shard_size;
    int stop_fd;
};

static bool
visit(void *context, uint64_t number, uint64_t offset, struct fovea_error *err)
{
    const struct counting *counting = context;
    struct pollfd event = { .fd = counting->stop_fd, .events = POLLIN };
    if (number % counting->shard_size != 0) {
        return true;
    }
    if (poll(&event, 1, 0) > 0) {
        (void)fovea_fail(err, FOVEA_ERR_CANCELLED, "the run was stopped");
        return false;
    }
    return add(counting->parts, number, offset, err) == FOVEA_OK;
}

/* Every part is of the same archive. */
static enum fovea_status
name_parts(struct fovea_archive_parts *parts, const char *name,
        const struct fovea_archive_info *info, struct fovea_error *err)
{
    char *copy = parts->n > 0 ? strdup(name) : NULL;
    if (parts->n > 0 && !copy) {
        return fovea_fail_memory(err, strlen(name), "a name");
    }
    for (uint64_t i = 0; i < parts->n; i++) {
        struct fovea_shard_name *part = &parts->all[i];
        part->name = copy;
        part->size = info->size == UINT64_MAX ? 0 : info->size;
        (void)snprintf(part->version, sizeof part->version, "%s",
                info->version);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_archive_divide(const char *name,
        const struct fovea_source_settings *source, uint64_t shard_size,
        int stop_fd, struct fovea_archive_parts *parts_out,
        struct fovea_error *err)
{
    const struct fovea_archive_settings settings = {
        .name = name,
        .limits = source->archive,
        .options = source->options,
    };
    struct counting counting = { parts_out, shard_size, stop_fd };
    struct fovea_archive_counted counted = { .is_plain = false };
    *parts_out = (struct fovea_archive_parts){ .n = 0 };
    bool is_remote = fovea_archive_is_remote(name);
    enum fovea_status status = is_remote
            ? FOVEA_OK
            : fovea_archive_count(&settings, visit, &counting, &counted, err);
    if (status) {
        return status;
    }
    if (is_remote && fovea_archive_look(&settings, &counted.info, NULL)) {
        /* What is wrong with it is told by who reads it. */
        counted.info = (struct fovea_archive_info){ .size = UINT64_MAX };
    }
    if (!counted.is_plain) {
        parts_out->n = 0;
        status = add(parts_out, 0, 0, err);
    }
    for (uint64_t i = 0; !status && counted.is_plain && i < parts_out->n; i++) {
        struct fovea_shard_name *part = &parts_out->all[i];
        uint64_t left = counted.n_members - part->first;
        part->count = left < shard_size ? left : shard_size;
    }
    return status ? status : name_parts(parts_out, name, &counted.info, err);
}
