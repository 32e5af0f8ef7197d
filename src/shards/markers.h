/*
 * Markers of shards that did not get done: failed/N.json says that nobody is to try
 * again and why, attempts/N.json counts how often it failed. Written by nodes of a job
 * (src/jobs); `fovea embed --shard` tries again whenever it is run.
 */
#ifndef FOVEA_SHARDS_MARKERS_H
#define FOVEA_SHARDS_MARKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "objects/objects.h"

/** What is written down of a shard that failed. */
struct fovea_shard_failure {
    uint64_t number;
    uint64_t n_attempts;    /* 1 or more */
    enum fovea_status code; /* of the last one */
    char message[FOVEA_ERROR_MESSAGE_SIZE];
};

/**
 * Count one more attempt that failed.
 *
 * @param error         What came of it.
 * @param n_attempts_out  With this one.
 * @return FOVEA_OK; FOVEA_ERR_OBJECT_CHANGED if others count at the same time all the
 *         while; as the calls of objects.h.
 */
FOVEA_NODISCARD enum fovea_status fovea_shard_count_attempt(
        struct fovea_objects *objects, uint64_t number,
        const struct fovea_error *error, uint64_t *n_attempts_out,
        struct fovea_error *err);

/** Write failed/N.json; one that is there stays. As fovea_objects_put_new(). */
FOVEA_NODISCARD enum fovea_status fovea_shard_fail(
        struct fovea_objects *objects,
        const struct fovea_shard_failure *failure, struct fovea_error *err);

/**
 * Read failed/N.json.
 *
 * @param is_failed_out  Whether it is there. One that is damaged is a failure
 *                       without a reason.
 */
FOVEA_NODISCARD enum fovea_status fovea_shard_failed(
        struct fovea_objects *objects, uint64_t number, bool *is_failed_out,
        struct fovea_shard_failure *failure_out, struct fovea_error *err);

/** Parse either of them; false: it is damaged, and a failure without a reason. */
bool fovea_shard_failure_parse(const char *bytes, size_t size, uint64_t number,
        struct fovea_shard_failure *failure_out);

/** Remove both, so that it is tried again. As fovea_objects_remove(). */
FOVEA_NODISCARD enum fovea_status fovea_shard_forgive(
        struct fovea_objects *objects, uint64_t number,
        struct fovea_error *err);

#endif
