/* What `fovea search` prints of its hits. */
#ifndef FOVEA_CLI_SEARCH_LINES_H
#define FOVEA_CLI_SEARCH_LINES_H

#include "cli/picture_lines.h"
#include "cli/sheet_file.h"
#include "find/find.h"

/** Hits, and the pictures of the query among them. */
struct fovea_search_lines {
    const struct fovea_findings *findings;
    const int64_t *contents; /* [n_contents] of the query; 0: none */
    size_t n_contents;
    const char *model; /* of the set that was searched */
    struct fovea_picture_names names;
};

/** Whether a hit is a picture of the query. */
bool fovea_search_is_query(const struct fovea_search_lines *lines,
        const struct fovea_find_hit *hit);

/** A table for people: rank, cosine, date, sides, names of all files. */
void fovea_search_table(const struct fovea_search_lines *lines,
        struct fovea_text *text);

/** A line of JSON each. */
void fovea_search_json(const struct fovea_search_lines *lines,
        struct fovea_text *text);

/** Whole paths of all files, each with a NUL byte behind it; items have none. */
void fovea_search_paths(const struct fovea_search_lines *lines,
        struct fovea_text *text);

/** Add all hits to a contact sheet. As fovea_sheet_file_add(). */
FOVEA_NODISCARD enum fovea_status fovea_search_sheet(
        const struct fovea_search_lines *lines, struct fovea_sheet_file *file,
        struct fovea_error *err);

#endif
