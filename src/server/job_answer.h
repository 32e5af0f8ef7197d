/* A job's end: its answer is written, on the loop's thread or beside it, and goes
   out. */
#ifndef FOVEA_SERVER_JOB_ANSWER_H
#define FOVEA_SERVER_JOB_ANSWER_H

#include "server/job_state.h"

/** Nothing of it is in flight any more; what was not submitted never is. Loop
 *  thread. */
void fovea_server_job_answer(struct fovea_server_job *job);

#endif
