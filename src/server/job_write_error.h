/* An item that failed, in the answer of a job that has not. */
#ifndef FOVEA_SERVER_JOB_WRITE_ERROR_H
#define FOVEA_SERVER_JOB_WRITE_ERROR_H

#include "server/job_state.h"

/** Write "error":{...} of an item. */
void fovea_server_job_write_error(const struct fovea_server_job *job,
        size_t index, struct fovea_text *text);

#endif
