/*
 * Queued jobs, on which nodes work, as the server shows them: it asks the broker and
 * the outputs that it was told of, and changes nothing.
 *
 *     handler -> task at the desk of jobs: look() -> answer
 *
 * All of that happens in the desk's one thread, which may wait for a broker or a store
 * that is away; the loop never does. Connections are kept, and what was seen within the
 * last second is not asked for again, however many pages look.
 */
#ifndef FOVEA_SERVER_QUEUED_H
#define FOVEA_SERVER_QUEUED_H

#include <pthread.h>
#include <stdatomic.h>

#include "jobs/job_progress.h"
#include "server/internal.h"
#include "server/queued_outputs.h"
#include "shards/markers.h"

enum {
    FOVEA_QUEUED_JOBS = 64,     /* that are shown, at most */
    FOVEA_QUEUED_FAILURES = 100 /* shards of a job whose failure is told */
};

/** A job as it was seen last. */
struct fovea_queued_job {
    char name[FOVEA_QUEUE_MAX_NAME + 1];
    struct fovea_job_progress progress;
    int64_t seen_ns;          /* or not, by its error; 0: nobody has looked */
    struct fovea_error error; /* FOVEA_OK: it was seen */
    struct fovea_shard_failure *failures; /* [n_failures]; owned */
    size_t n_failures;
    uint64_t failures_of; /* shards that had failed when they were read */
};

struct fovea_queued {
    struct fovea_background_job
            beside; /* first; the loop's: for /metrics alone */
    bool is_beside;
    struct fovea_queue_settings settings;
    struct fovea_server *server;
    atomic_bool is_cancelled;
    /* the desk's thread */
    struct fovea_queued_outputs outputs;
    struct fovea_queue *catalogue; /* NULL: the broker is not reached yet */
    struct fovea_queued_job
            *jobs[FOVEA_QUEUED_JOBS]; /* [n_jobs], by name; owned */
    size_t n_jobs;
    int64_t listed_ns;
    /* guarded by mu: metrics as they were seen last */
    pthread_mutex_t mu;
    struct fovea_text metrics;
    int64_t metrics_ns; /* 0: never */
};

/**
 * Prepare what --queue and --jobs-output say; nobody is asked yet. Without --queue there
 * is nothing to do, and server->queued stays NULL.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT; as fovea_objects_open(); FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_queued_open(struct fovea_server *server,
        struct fovea_error *err);

/** Whoever waits for a store gives up. Any thread. NULL is fine. */
void fovea_queued_cancel(struct fovea_queued *queued);

/** After the desk has ended. */
void fovea_queued_close(struct fovea_server *server);

/**
 * Look at all jobs of the broker. The desk's thread.
 *
 * @param jobs_out  [*n_out], by name; until the next call. One that could not be seen
 *                  has its error.
 * @return FOVEA_OK; as fovea_queue_open() and fovea_queue_list().
 */
FOVEA_NODISCARD enum fovea_status fovea_queued_look(struct fovea_queued *queued,
        struct fovea_queued_job *const **jobs_out, size_t *n_out,
        struct fovea_error *err);

/** The same of one, with its failures. FOVEA_ERR_NO_JOB; as fovea_shard_failed(). */
FOVEA_NODISCARD enum fovea_status fovea_queued_look_at(
        struct fovea_queued *queued, const char *name,
        struct fovea_queued_job **job_out, struct fovea_error *err);

/** The place of an output, which is not for clients; NULL: there are no more. Any
 *  thread. */
const char *fovea_queued_place(const struct fovea_queued *queued, size_t index);

#endif
