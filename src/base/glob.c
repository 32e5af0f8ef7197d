/* See glob.h. */
#include "base/glob.h"

#include <fnmatch.h>
#include <limits.h>
#include <string.h>

/* The part of a path that a pattern without a slash is about. */
static const char *
name_in(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool
fovea_glob_matches(const char *pattern, const char *path, bool is_folder)
{
    char bare[PATH_MAX];
    size_t size = strlen(pattern);
    if (size > 1 && pattern[size - 1] == '/') {
        if (!is_folder || size > sizeof bare) {
            return false;
        }
        memcpy(bare, pattern, size - 1);
        bare[size - 1] = '\0';
        pattern = bare;
    }
    const char *subject = strchr(pattern, '/') ? path : name_in(path);
    return fnmatch(pattern, subject, FNM_CASEFOLD) == 0;
}

bool
fovea_glob_covers(const char *pattern, const char *path)
{
    char folder[PATH_MAX];
    size_t size = strlen(path);
    if (fovea_glob_matches(pattern, path, false)) {
        return true;
    }
    if (size >= sizeof folder) {
        return false;
    }
    memcpy(folder, path, size + 1);
    for (char *slash; (slash = strrchr(folder, '/')) && slash > folder;) {
        *slash = '\0';
        if (fovea_glob_matches(pattern, folder, true)) {
            return true;
        }
    }
    return false;
}
