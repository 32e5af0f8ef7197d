/* Servers of this user that run on this machine: see server/control.h. */
#ifndef FOVEA_CLI_RUNNING_H
#define FOVEA_CLI_RUNNING_H

#include <stdint.h>

#include <jansson.h>

#include "fovea/status.h"

#include "server/control.h"

struct fovea_running {
    char path[FOVEA_CONTROL_PATH_SIZE]; /* of its control socket */
    int64_t pid;                        /* as the kernel says */
};

/** Find them, by pid. What servers that died left behind is removed.
 *  running_out: free() it. FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_running_find(
        struct fovea_running **running_out, size_t *n_out,
        struct fovea_error *err);

/** What /v1/pool of one says; json_decref() it. FOVEA_ERR_FETCH. */
FOVEA_NODISCARD enum fovea_status fovea_running_ask(
        const struct fovea_running *running, json_t **pool_out,
        struct fovea_error *err);

#endif
