/* `fovea job create`: a manifest, and its shards at the broker. */
#ifndef FOVEA_CLI_JOB_CREATE_H
#define FOVEA_CLI_JOB_CREATE_H

#include "cli/request.h"

/** Do it, with the library's options resolved. The exit code. */
int fovea_job_create(const struct fovea_run_request *request,
        const struct fovea_inputs_settings *inputs);

#endif
