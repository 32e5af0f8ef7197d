/* Patterns against paths: see filter.h. */
#include "bulk/filter.h"

#include <limits.h>
#include <string.h>

#include "base/glob.h"

static bool
matches_any(const struct fovea_patterns *patterns, const char *path,
        bool is_directory)
{
    for (size_t i = 0; i < patterns->n; i++) {
        if (fovea_glob_matches(patterns->all[i], path, is_directory)) {
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
