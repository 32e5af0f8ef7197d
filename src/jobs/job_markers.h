/*
 * What markers say of a job's shards: which are done, which have failed. A list of two
 * folders, nothing is read. If a shard has both, it is done.
 */
#ifndef FOVEA_JOBS_JOB_MARKERS_H
#define FOVEA_JOBS_JOB_MARKERS_H

#include <stdint.h>

#include "objects/objects.h"
#include "shards/manifest.h"

enum {
    FOVEA_JOB_SHARD_DONE = 1 << 0,
    FOVEA_JOB_SHARD_FAILED = 1 << 1, /* not with the other */
};

/** All zero before it was first read. */
struct fovea_job_markers {
    uint8_t *states; /* [n_shards]; owned */
    uint64_t n_shards;
    uint64_t n_done;
    uint64_t n_failed;
    uint64_t n_items_done; /* of shards that are done and counted */
};

/** List them. What was read before stays where that fails. As fovea_objects_list();
 *  FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_job_markers_read(
        struct fovea_job_markers *markers, struct fovea_objects *objects,
        const struct fovea_manifest *manifest, struct fovea_error *err);

void fovea_job_markers_finish(struct fovea_job_markers *markers);

#endif
