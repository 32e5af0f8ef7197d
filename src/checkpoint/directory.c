/* See directory.h. */
#include "checkpoint/directory.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* Without memory: a path that is too long for the system is not there. */
static bool
has_file(const void *context, const char *name)
{
    const char *directory = context;
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", directory, name);
    return n > 0 && n < (int)sizeof path && access(path, F_OK) == 0;
}

const struct fovea_file_layout *
fovea_directory_layout(const char *directory, const char **missing_out)
{
    const char *missing = NULL;
    return fovea_file_layout_find(has_file, directory,
            missing_out ? missing_out : &missing);
}
