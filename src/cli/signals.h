/* The signals that end a run, as something to wait for. */
#ifndef FOVEA_CLI_SIGNALS_H
#define FOVEA_CLI_SIGNALS_H

#include "fovea/export.h"
#include "fovea/status.h"

/**
 * Block SIGINT, SIGTERM and SIGHUP, less those that are ignored (nohup), for
 * this thread and those it will start, and open a descriptor to read them from.
 */
FOVEA_NODISCARD enum fovea_status fovea_signals_open(int *fd_out,
        struct fovea_error *err);

/** The signal that came, 0 if there is none. Does not wait. */
int fovea_signals_take(int fd);

#endif
