/* The answer of a job. */
#ifndef FOVEA_SERVER_JOB_WRITE_H
#define FOVEA_SERVER_JOB_WRITE_H

#include "server/job_state.h"

/** Write the exchange's answer. Any thread, once all is done. */
void fovea_server_job_write(const struct fovea_server_job *job,
        struct fovea_http_answer *answer);

#endif
