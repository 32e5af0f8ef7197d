/* Where the worker program is. */
#ifndef FOVEA_POOL_PROGRAM_H
#define FOVEA_POOL_PROGRAM_H

#include "fovea/export.h"
#include "fovea/status.h"

/**
 * Find `fovea-worker`: the wish if there is one; $FOVEA_WORKER (not in a
 * program that runs with more rights than its user's); beside the running
 * program; beside this library; ../libexec/fovea and ../../libexec/fovea from
 * either; where it was configured to be installed.
 *
 * @param path_out  Absolute; owned by the caller.
 * @return FOVEA_OK; FOVEA_ERR_WORKER_START if there is none that can be run
 *         (the message says where it was looked for); FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_worker_program_find(const char *wish,
        char **path_out, struct fovea_error *err);

#endif
