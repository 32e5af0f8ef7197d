/*
 * What is done for a group in the background. A group with a job is not closed
 * for good.
 *
 * Loop thread, mu not held.
 */
#ifndef FOVEA_POOL_JOBS_H
#define FOVEA_POOL_JOBS_H

#include "pool/internal.h"

/** False: there is no thread for it, and the job is still the caller's. */
FOVEA_NODISCARD bool fovea_jobs_add(struct fovea_group *group,
        struct fovea_background_job *job);

/** What the job's done() calls: it is over. */
void fovea_jobs_end(struct fovea_group *group);

#endif
