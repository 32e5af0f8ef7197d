/*
 * A worker's threads and what they do with a job: from open files to rows.
 *
 * A job is split into one run of items a thread (lane.h). The calling thread
 * takes the first run; with one thread it is the only one, and nobody is to be
 * woken up. Everything that a job needs is allocated when the crew is made: after
 * that it opens nothing and starts nothing.
 */
#ifndef FOVEA_WORKER_CREW_H
#define FOVEA_WORKER_CREW_H

#include "worker/lane.h"

struct fovea_crew_options {
    struct fovea_lane_options lane;
    unsigned n_threads; /* at least 1 */
    unsigned max_batch; /* at least 1 */
};

struct fovea_crew;

/**
 * Make buffers and matrix products, start the threads.
 *
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY; FOVEA_ERR_INTERNAL from the matrix
 *         library.
 */
FOVEA_NODISCARD enum fovea_status fovea_crew_create(
        const struct fovea_crew_options *options, struct fovea_crew **crew_out,
        struct fovea_error *err);

/** End the threads; no job may be running. NULL is fine. */
void fovea_crew_destroy(struct fovea_crew *crew);

/** Bytes of a result's row. */
size_t fovea_crew_result_bytes(const struct fovea_crew *crew);

/** Bytes that were allocated for the threads' buffers. */
size_t fovea_crew_scratch_bytes(const struct fovea_crew *crew);

/** Run a job; returns when all items are done. One job at a time. */
void fovea_crew_run(struct fovea_crew *crew,
        const struct fovea_worker_job *job);

#endif
