/* See filter.h. */
#include "index/filter.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/glob.h"

#define NS_PER_S INT64_C(1000000000)

static bool
needs_content(const struct fovea_index_filter *filter)
{
    return filter->dates.has_since || filter->dates.has_until;
}

enum fovea_status
fovea_index_filter_look_up(struct fovea_index_folder *folder,
        const struct fovea_index_filter *filter, int64_t id,
        struct fovea_index_content *room,
        const struct fovea_index_content **content_out, struct fovea_error *err)
{
    bool is_asked = filter && needs_content(filter);
    *content_out = is_asked ? room : NULL;
    return is_asked ? fovea_index_content_get(folder, id, room, err) : FOVEA_OK;
}

bool
fovea_index_filter_is_any(const struct fovea_index_filter *filter)
{
    return !filter ||
            (!filter->below &&
                    filter->n_roots + filter->n_globs + filter->n_not_globs ==
                            0 &&
                    !needs_content(filter));
}

/* Whether one of the globs matches one of the names, which NULL ends. */
static bool
matches(const char *const *globs, size_t n, const char *const *names)
{
    for (size_t i = 0; i < n; i++) {
        for (const char *const *name = names; *name; name++) {
            if (fovea_glob_covers(globs[i], *name)) {
                return true;
            }
        }
    }
    return false;
}

static bool
passes_globs(const struct fovea_index_filter *filter, const char *const *names)
{
    return (filter->n_globs == 0 ||
                   matches(filter->globs, filter->n_globs, names)) &&
            !matches(filter->not_globs, filter->n_not_globs, names);
}

static bool
is_in_time(const struct fovea_index_filter *filter,
        const struct fovea_index_content *content, int64_t other_ns)
{
    return !content ||
            fovea_date_range_has(&filter->dates, content->has_taken,
                    content->taken_s, other_ns);
}

static bool
has_root(const struct fovea_index_filter *filter, int64_t root)
{
    for (size_t i = 0; i < filter->n_roots; i++) {
        if (filter->roots[i] == root) {
            return true;
        }
    }
    return filter->n_roots == 0;
}

bool
fovea_index_filter_is_below(const struct fovea_index_filter *filter,
        const char *path)
{
    size_t size = filter->below ? strlen(filter->below) : 0;
    size -= size == 1; /* of "/" */
    return !filter->below ||
            (strncmp(path, filter->below, size) == 0 && path[size] == '/');
}

bool
fovea_index_filter_takes_file(const struct fovea_index_filter *filter,
        const char *root, const struct fovea_index_file *file,
        const struct fovea_index_content *content)
{
    if (!has_root(filter, file->root) ||
            !is_in_time(filter, content, file->mtime_ns)) {
        return false;
    }
    char whole[2 * PATH_MAX];
    (void)snprintf(whole, sizeof whole, "%s/%s",
            strcmp(root, "/") == 0 ? "" : root, file->path);
    const char *const names[] = { file->path, whole, NULL };
    return fovea_index_filter_is_below(filter, whole) &&
            passes_globs(filter, names);
}

bool
fovea_index_filter_takes_item(const struct fovea_index_filter *filter,
        const struct fovea_index_item *item,
        const struct fovea_index_content *content)
{
    const char *const names[] = { item->name, NULL };
    return filter->n_roots == 0 && !filter->below &&
            is_in_time(filter, content, item->added_s * NS_PER_S) &&
            passes_globs(filter, names);
}
