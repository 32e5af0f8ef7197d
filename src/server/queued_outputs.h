/* Places with outputs of jobs, each with its manifest, by which a job's is found. */
#ifndef FOVEA_SERVER_QUEUED_OUTPUTS_H
#define FOVEA_SERVER_QUEUED_OUTPUTS_H

#include <stdatomic.h>

#include "jobs/job_progress.h"
#include "option/value.h"

struct fovea_queued_output {
    struct fovea_objects *objects;
    struct fovea_manifest manifest;
    char version[FOVEA_OBJECT_VERSION_SIZE]; /* of it; "": there is none */
    struct fovea_error failure; /* of the last look; code FOVEA_OK: none */
    int64_t looked_ns;          /* 0: never */
};

/** The desk's thread, but open, close and place. All zero is none. */
struct fovea_queued_outputs {
    struct fovea_queued_output *all; /* [n]; owned */
    size_t n;
    struct fovea_objects_settings settings;
};

/** is_cancelled: outlives them. As fovea_objects_open(); FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_queued_outputs_open(
        struct fovea_queued_outputs *outputs, const struct fovea_words *places,
        atomic_bool *is_cancelled, struct fovea_error *err);

void fovea_queued_outputs_close(struct fovea_queued_outputs *outputs);

const char *fovea_queued_outputs_place(
        const struct fovea_queued_outputs *outputs, size_t index);

/**
 * Give a job the output that it was made with, if there is one here: manifests that are
 * missing yet, or have changed, are looked for from time to time.
 *
 * @return FOVEA_OK, found or not; as fovea_manifest_read(), if none is its own and one
 *         cannot be read.
 */
FOVEA_NODISCARD enum fovea_status fovea_queued_outputs_find(
        struct fovea_queued_outputs *outputs,
        struct fovea_job_progress *progress, struct fovea_error *err);

#endif
