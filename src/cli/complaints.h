/*
 * The first bad inputs, reported on stderr as they come; and what was found in a
 * folder and is no image: all of it with --verbose, else only what is named like
 * one.
 */
#ifndef FOVEA_CLI_COMPLAINTS_H
#define FOVEA_CLI_COMPLAINTS_H

#include <stdbool.h>

#include "bulk/row_batch.h"
#include "cli/progress.h"

struct fovea_complaints {
    unsigned limit;    /* of lines; 0: none */
    bool skips_bad;    /* bad inputs are shown elsewhere */
    bool list_skipped; /* all of them, without a limit */
    unsigned n;        /* so far */
};

/** Report a bad input; clears the progress line before. */
void fovea_complaints_bad(struct fovea_complaints *complaints, const char *name,
        const struct fovea_error *error, struct fovea_progress *progress);

/** The same of what was found and is no image. */
void fovea_complaints_skipped(struct fovea_complaints *complaints,
        const char *name, const struct fovea_error *error,
        struct fovea_progress *progress);

/** Report what a settled batch has; clears the progress line before. */
void fovea_complaints_tell(struct fovea_complaints *complaints,
        const struct fovea_row_batch *batch, struct fovea_progress *progress);

#endif
