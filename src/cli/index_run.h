/*
 * An update of an index in a thread of its own, while the thread that called draws
 * the progress line and listens for signals.
 */
#ifndef FOVEA_CLI_INDEX_RUN_H
#define FOVEA_CLI_INDEX_RUN_H

#include "cli/index_request.h"
#include "indexing/update.h"

/**
 * Run it, and say what came of it.
 *
 * The first SIGINT, SIGTERM or SIGHUP has it commit what is done and end; another
 * one ends the process at once, which loses what was not committed.
 *
 * @param update  Hooks, counts and stop_fd are set here.
 * @return the exit code.
 */
int fovea_index_run(const struct fovea_index_request *request,
        struct fovea_update_settings *update);

#endif
