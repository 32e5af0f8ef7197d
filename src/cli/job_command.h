/* The verbs of `fovea job` that are about a job that is there: see cmd_job.c. Each
   returns the exit code. */
#ifndef FOVEA_CLI_JOB_COMMAND_H
#define FOVEA_CLI_JOB_COMMAND_H

#include "cli/job_request.h"

int fovea_job_status(const struct fovea_job_request *request);

int fovea_job_finish(const struct fovea_job_request *request);

int fovea_job_retry_failed(const struct fovea_job_request *request);

#endif
