/*
 * Which of the files that are found count: --include and --exclude.
 *
 * A pattern is a glob (*, ?, [...]); upper and lower case are the same. Without
 * a slash it is about the name alone, with one about the whole path below the
 * directory that was given, and * matches slashes there. A slash at its end
 * makes it one for directories only.
 */
#ifndef FOVEA_BULK_FILTER_H
#define FOVEA_BULK_FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct fovea_patterns {
    const char *const *all; /* borrowed */
    size_t n;
};

/** All zero: everything counts. */
struct fovea_filter {
    struct fovea_patterns include; /* files only; none: all of them */
    struct fovea_patterns exclude; /* also directories and all in them */
};

/** Whether a path, relative to the directory that was given, counts; a
 *  directory's ends in a slash. */
bool fovea_filter_takes(const struct fovea_filter *filter, const char *path);

#endif
