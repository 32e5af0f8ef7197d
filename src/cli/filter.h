/*
 * Which of the files that a walk finds count: --include and --exclude.
 *
 * A pattern is a glob (*, ?, [...]); upper and lower case are the same. Without
 * a slash it is about the name alone, with one about the whole path below the
 * directory that was given, and * matches slashes there. A slash at its end
 * makes it one for directories only.
 */
#ifndef FOVEA_CLI_FILTER_H
#define FOVEA_CLI_FILTER_H

#include <stdbool.h>

#include "cli/args.h"

/** Words are borrowed. All zero: everything counts. */
struct fovea_filter {
    struct fovea_words include; /* files only; none: all of them */
    struct fovea_words exclude; /* also directories, and all that is in them */
};

/** Whether a path, relative to the directory that was given, counts; a
 *  directory's ends in a slash. */
bool fovea_filter_takes(const struct fovea_filter *filter, const char *path);

#endif
