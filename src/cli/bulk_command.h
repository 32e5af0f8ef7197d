/*
 * What embed, preprocess and similar have in common: opening a model and an
 * output, running, and saying how it went.
 */
#ifndef FOVEA_CLI_BULK_COMMAND_H
#define FOVEA_CLI_BULK_COMMAND_H

#include "cli/request.h"

/** Parse argv and do it. The exit code. */
int fovea_bulk_command(const struct fovea_run_kind *kind, int argc,
        char **argv);

#endif
