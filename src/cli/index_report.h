/* What an update of an index came to, for people and for programs. */
#ifndef FOVEA_CLI_INDEX_REPORT_H
#define FOVEA_CLI_INDEX_REPORT_H

#include "fovea/status.h"

#include "base/text.h"
#include "indexing/counts.h"

struct fovea_index_report {
    const char *index; /* its folder */
    const struct fovea_counts *counts;
    double seconds;
    double rate; /* files a second that were read; 0: not known */
};

/** A sentence: "embedded 12 images in 0.5 s (24/s), 3 removed". */
void fovea_index_report_words(const struct fovea_index_report *report,
        struct fovea_text *text);

/** The same as a line of JSON. */
void fovea_index_report_json(const struct fovea_index_report *report,
        struct fovea_text *text);

/** A line of JSON of something that is wrong with a file or a folder. */
void fovea_index_problem_json(struct fovea_text *text, const char *name,
        const struct fovea_error *error);

#endif
