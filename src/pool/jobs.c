/* See jobs.h. */
#include "pool/jobs.h"

bool
fovea_jobs_add(struct fovea_group *group, struct fovea_background_job *job)
{
    struct fovea_background *background = &group->pool->background;
    if (fovea_background_start(background, 1)) {
        return false;
    }
    group->n_jobs++;
    fovea_background_add(background, job);
    return true;
}

void
fovea_jobs_end(struct fovea_group *group)
{
    group->n_jobs--;
}
