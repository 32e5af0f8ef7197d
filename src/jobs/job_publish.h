/*
 * Shards into the queue: those that are to be worked on, and none a second time.
 */
#ifndef FOVEA_JOBS_JOB_PUBLISH_H
#define FOVEA_JOBS_JOB_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "objects/objects.h"
#include "queue/queue.h"
#include "shards/manifest.h"

/** A job that shards are published for. Borrowed for the calls. */
struct fovea_job_place {
    struct fovea_queue *queue; /* of the job */
    const char *name;          /* the job's */
    const char *output;        /* as messages name it */
    const struct fovea_manifest *manifest;
    const struct fovea_objects_settings
            *store; /* how the output is reached; whether to give up */
};

/** What became of those that were published. */
struct fovea_job_published {
    uint64_t n_new;
    uint64_t n_there; /* the broker had them already */
};

/**
 * Make the job at the broker, or find it there with the same manifest.
 *
 * @return As fovea_queue_create().
 */
FOVEA_NODISCARD enum fovea_status fovea_job_make(
        const struct fovea_job_place *place, int64_t ack_wait_ns,
        uint32_t n_replicas, struct fovea_error *err);

/**
 * Publish the shards that are wanted, in the order of their numbers.
 *
 * @param wanted  [n_shards], one byte each: not 0 is wanted.
 * @param purges  Forget them first, whatever became of them.
 * @return FOVEA_OK; FOVEA_ERR_CANCELLED; as fovea_queue_publish() and its end.
 *         published_out is set in any case.
 */
FOVEA_NODISCARD enum fovea_status fovea_job_publish(
        const struct fovea_job_place *place, const uint8_t *wanted, bool purges,
        struct fovea_job_published *published_out, struct fovea_error *err);

#endif
