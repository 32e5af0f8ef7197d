/*
 * How far a job is, for those who look: what the broker counts, what the markers at its
 * output say, what its nodes report. Nothing is changed anywhere.
 *
 * The broker's word is for people; whether a job is complete only markers say, and
 * where the output is not known nobody can. An output is a job's if the job was made
 * with its manifest: the broker keeps that digest.
 */
#ifndef FOVEA_JOBS_JOB_PROGRESS_H
#define FOVEA_JOBS_JOB_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "jobs/job_markers.h"
#include "jobs/job_nodes.h"
#include "objects/objects.h"
#include "queue/queue.h"
#include "shards/manifest.h"

/** Whose parts are read by whoever looks; all zero before a first look. */
struct fovea_job_progress {
    /* by the broker */
    struct fovea_queue *queue; /* owned; NULL: it is not reached yet */
    struct fovea_queue_job made;
    struct fovea_queue_counts counts;
    struct fovea_job_nodes nodes;
    /* by the output; not there without objects */
    struct fovea_objects *objects;         /* borrowed; or NULL */
    const struct fovea_manifest *manifest; /* borrowed */
    struct fovea_job_markers markers;
    /* when */
    int64_t asked_ns;  /* nodes, for a report */
    int64_t listed_ns; /* markers */
    int64_t list_ns;   /* that listing them took */
};

/** Where a job is. */
enum fovea_job_state {
    FOVEA_JOB_GOING, /* some shards are neither done nor failed, or it is not known */
    FOVEA_JOB_IDLE, /* the same, and the broker has none of them: to be finished */
    FOVEA_JOB_COMPLETE, /* all are done */
    FOVEA_JOB_FAILED,   /* all are done or have failed */
    FOVEA_N_JOB_STATES
};

/**
 * Reach the broker about a job that it has.
 *
 * @return FOVEA_OK; as fovea_queue_open() and fovea_queue_look(): FOVEA_ERR_NO_JOB,
 *         FOVEA_ERR_QUEUE, FOVEA_ERR_QUEUE_DENIED, FOVEA_ERR_JOB_DIFFERS. Nothing has
 *         changed then.
 */
FOVEA_NODISCARD enum fovea_status fovea_job_progress_open(
        struct fovea_job_progress *progress,
        const struct fovea_queue_settings *settings, const char *job,
        struct fovea_error *err);

/** Whether a manifest is that which the job was made with. */
bool fovea_job_progress_is_of(const struct fovea_job_progress *progress,
        const struct fovea_manifest *manifest);

/**
 * Look again. Markers are listed no more often than every ten times as long as that
 * took, and nodes are asked every few seconds.
 *
 * @return FOVEA_OK; as fovea_queue_count() and fovea_objects_list(). What was seen
 *         before stays where something fails.
 */
FOVEA_NODISCARD enum fovea_status fovea_job_progress_look(
        struct fovea_job_progress *progress, struct fovea_error *err);

/** Take in what nodes report, for so long. Every node answers when it is first asked. */
void fovea_job_progress_hear(struct fovea_job_progress *progress,
        int64_t for_ns);

enum fovea_job_state fovea_job_progress_state(
        const struct fovea_job_progress *progress);

/** "going" and so on; static. */
const char *fovea_job_state_name(enum fovea_job_state state);

/** Fine on an all-zero one. */
void fovea_job_progress_close(struct fovea_job_progress *progress);

#endif
