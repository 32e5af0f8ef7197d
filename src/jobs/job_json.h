/* How far a job is, as members of a JSON object: for `fovea job status` and the server,
   which say it alike. */
#ifndef FOVEA_JOBS_JOB_JSON_H
#define FOVEA_JOBS_JOB_JSON_H

#include "base/text.h"
#include "jobs/job_progress.h"

/** "state", "shards", "items", "images_per_s", "n_nodes", each with a comma before it.
 *  What only markers and the manifest tell is null without an output. */
void fovea_job_json_numbers(const struct fovea_job_progress *progress,
        struct fovea_text *text);

/** "nodes" and what each reported, with a comma before it. */
void fovea_job_json_nodes(const struct fovea_job_progress *progress,
        struct fovea_text *text);

#endif
