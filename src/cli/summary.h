/* What a run came to, in a line on stderr; and why it came to nothing. */
#ifndef FOVEA_CLI_SUMMARY_H
#define FOVEA_CLI_SUMMARY_H

#include "cli/run.h"

/** "fovea: embedded 158 images in 4.2 s (38/s), 2 bad, 12 skipped: not
 *  images". past: "embedded"; NULL: only what was skipped, if anything was. */
void fovea_summarise(const char *past, const struct fovea_run_totals *totals);

/** FOVEA_ERR_FILE_NOT_FOUND: there was nothing to be tried. */
enum fovea_status fovea_nothing_found(
        const struct fovea_inputs_settings *inputs,
        const struct fovea_run_totals *totals, struct fovea_error *err);

#endif
