/* What `fovea duplicates` prints of a group. */
#ifndef FOVEA_CLI_DUPLICATE_LINES_H
#define FOVEA_CLI_DUPLICATE_LINES_H

#include "cli/picture_lines.h"
#include "find/duplicates.h"

/** "3 pictures, 4 files; best: most pixels" */
void fovea_duplicate_heading(const struct fovea_duplicate_group *group,
        struct fovea_text *text);

/** "best, largest", or nothing. */
void fovea_duplicate_mark(const struct fovea_duplicate_group *group, size_t i,
        struct fovea_text *text);

/** Lines for people, and an empty one. */
void fovea_duplicate_table(const struct fovea_duplicate_group *group,
        const struct fovea_picture_names *names, struct fovea_text *text);

/** A line of JSON. number: of the group, from 1. */
void fovea_duplicate_json(const struct fovea_duplicate_group *group,
        uint64_t number, struct fovea_text *text);

/** Whole paths, the best first, each with a NUL byte behind it, and one more. */
void fovea_duplicate_paths(const struct fovea_duplicate_group *group,
        struct fovea_text *text);

#endif
