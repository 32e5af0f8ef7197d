/* Patterns against paths: see filter.h. */
#include "bulk/filter.h"

#include <fnmatch.h>
#include <limits.h>
#include <string.h>

/* The part of a path that a pattern without a slash is about. */
static const char *
name_in(const char *path, size_t size)
{
    const char *slash = memrchr(path, '/', size);
    return slash ? slash + 1 : path;
}

/* Path has no slash at its end here. */
static bool
matches(const char *pattern, const char *path, bool is_directory)
{
    char bare[PATH_MAX];
    size_t size = strlen(pattern);
    if (size > 1 && pattern[size - 1] == '/') {
        if (!is_directory || size > sizeof bare) {
            return false;
        }
        memcpy(bare, pattern, size - 1);
        bare[size - 1] = '\0';
        pattern = bare;
    }
    const char *subject =
            strchr(pattern, '/') ? path : name_in(path, strlen(path));
    return fnmatch(pattern, subject, FNM_CASEFOLD) == 0;
}

static bool
matches_any(const struct fovea_patterns *patterns, const char *path,
        bool is_directory)
{
    for (size_t i = 0; i < patterns->n; i++) {
        if (matches(patterns->all[i], path, is_directory)) {
            return true;
        }
    }
    return false;
}

bool
fovea_filter_takes(const struct fovea_filter *filter, const char *path)
{
    char bare[PATH_MAX];
    size_t size = strlen(path);
    bool is_directory = size > 0 && path[size - 1] == '/';
    if (is_directory && size <= sizeof bare) {
        memcpy(bare, path, size - 1);
        bare[size - 1] = '\0';
        path = bare;
    }
    return !matches_any(&filter->exclude, path, is_directory) &&
            (is_directory || filter->include.n == 0 ||
                    matches_any(&filter->include, path, false));
}
