/* See differ.h. */
#include "indexing/differ.h"

#include <string.h>

#include "base/macros.h"

/* Whether a path's first bytes are a folder that counts. */
static bool
takes_folder(const struct fovea_filter *filter, const char *path, size_t size)
{
    FOVEA_AUTO_FREE char *folder = strndup(path, size);
    /* Without memory it stays as it is. */
    return folder && fovea_filter_takes(filter, folder);
}

bool
fovea_differ_looks_for(const struct fovea_differ *differ, const char *path)
{
    const struct fovea_filter *filter = differ->filter;
    const char *name = path;
    bool has_folders = filter && filter->exclude.n > 0;
    for (const char *slash; (slash = strchr(name, '/')); name = slash + 1) {
        if (name[0] == '.' ||
                (has_folders &&
                        !takes_folder(filter, path,
                                (size_t)(slash + 1 - path)))) {
            return false;
        }
    }
    return name[0] != '.' && (!filter || fovea_filter_takes(filter, path));
}

static bool
is_unread(const struct fovea_differ *differ, const char *path)
{
    size_t size = 0;
    for (size_t at = 0; at < differ->unread_size; at += size + 1) {
        const char *folder = differ->unread + at;
        size = strlen(folder);
        if (strncmp(path, folder, size) == 0) {
            return true;
        }
    }
    return false;
}

static enum fovea_difference
compare(const struct fovea_differ *differ, const struct fovea_found *found,
        const struct fovea_index_file *stored)
{
    const struct fovea_stamp stamp = {
        .size_bytes = stored->size_bytes,
        .mtime_ns = stored->mtime_ns,
        .inode = stored->inode,
    };
    bool is_known = stored->content || stored->failure;
    bool is_same = is_known && fovea_stamp_equal(&stamp, &found->stamp) &&
            !(differ->retry && stored->failure);
    return is_same ? FOVEA_DIFFERENCE_SAME : FOVEA_DIFFERENCE_CHANGED;
}

enum fovea_difference
fovea_differ_step(const struct fovea_differ *differ,
        const struct fovea_found *found, const struct fovea_index_file *stored)
{
    if (!found && !stored) {
        return FOVEA_DIFFERENCE_NONE;
    }
    int order = !stored ? -1 : !found ? 1 : strcmp(found->path, stored->path);
    if (order == 0) {
        return compare(differ, found, stored);
    }
    if (order < 0) {
        return FOVEA_DIFFERENCE_NEW;
    }
    return is_unread(differ, stored->path) ||
                    !fovea_differ_looks_for(differ, stored->path)
            ? FOVEA_DIFFERENCE_UNSEEN
            : FOVEA_DIFFERENCE_GONE;
}
