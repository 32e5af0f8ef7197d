/*
 * Patterns of paths. A pattern is a glob (*, ?, [...]); upper and lower case are
 * the same. Without a slash it is about the name alone, with one about the whole
 * path, and * matches slashes there. A slash at its end makes it one for folders
 * only.
 */
#ifndef FOVEA_BASE_GLOB_H
#define FOVEA_BASE_GLOB_H

#include <stdbool.h>

/** Whether a path matches, which has no slash at its end. */
bool fovea_glob_matches(const char *pattern, const char *path, bool is_folder);

/** The same of a file or of a folder that it is in, as far as the path names
 *  them: "trips/" matches all that is in a folder trips. */
bool fovea_glob_covers(const char *pattern, const char *path);

#endif
