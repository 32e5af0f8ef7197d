/*
 * The end of a job: its manifest is compared with what is marked as done or failed,
 * and what is neither is published again.
 *
 * Markers decide, never the broker: what that forgot is published, what it says was
 * settled and is not marked is forgotten there and published again, and what it has yet
 * to hand out, or has handed out, is left to the nodes. A shard that is marked as both
 * is done, and the other marker goes.
 */
#ifndef FOVEA_JOBS_JOB_FINISH_H
#define FOVEA_JOBS_JOB_FINISH_H

#include "jobs/job_publish.h"
#include "jobs/job_verify.h"
#include "objects/objects.h"

/** What stays between rounds. All zero but for what the caller sets. */
struct fovea_job_finish {
    struct fovea_job_place place;
    struct fovea_objects *objects; /* of the job's output */
    enum fovea_shard_look look;
    unsigned n_threads;
    int64_t ack_wait_ns; /* where the job is to be made again */
    uint32_t n_replicas;
    uint8_t *verdicts; /* [n_shards]; owned */
    struct fovea_job_sums sums;
    bool has_asked; /* the broker about each shard that is missing, once */
};

/** How it stands after a round. */
struct fovea_job_tally {
    uint64_t n_shards;
    uint64_t n_done;
    uint64_t n_failed;
    uint64_t n_missing; /* neither: n_waiting, n_handed_out and n_published */
    uint64_t n_waiting; /* no node has had them yet */
    uint64_t n_handed_out;
    uint64_t n_published; /* again, by this round */
    uint64_t
            n_damaged; /* of those that are missing: their files are not those of
                             their markers */
    bool was_made;     /* the broker had lost the job */
};

/**
 * One round.
 *
 * @return FOVEA_OK, whatever is missing; FOVEA_ERR_JOB_EXISTS: the broker has a job of
 *         this name with another manifest; FOVEA_ERR_CANCELLED; as the calls of
 *         queue.h and objects.h. A later round may go well where a status says so.
 */
FOVEA_NODISCARD enum fovea_status fovea_job_finish_round(
        struct fovea_job_finish *finish, struct fovea_job_tally *tally_out,
        struct fovea_error *err);

void fovea_job_finish_end(struct fovea_job_finish *finish);

/**
 * Try shards that have failed again: their markers go, and they are published.
 *
 * @param chosen     [n_shards], one byte each: not 0 is to be tried again if it has
 *                   failed; NULL: all that have.
 * @param n_out      How many.
 */
FOVEA_NODISCARD enum fovea_status fovea_job_retry(
        const struct fovea_job_place *place, struct fovea_objects *objects,
        const uint8_t *chosen, uint64_t *n_out, struct fovea_error *err);

#endif
