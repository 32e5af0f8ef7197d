/*
 * Whether shards that are marked as done are: their markers read and their files looked
 * at, many at a time, as an object store takes its time for each.
 */
#ifndef FOVEA_JOBS_JOB_VERIFY_H
#define FOVEA_JOBS_JOB_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "objects/objects.h"
#include "shards/done.h"
#include "shards/manifest.h"

enum fovea_job_verdict {
    FOVEA_JOB_UNSEEN,  /* to be looked at */
    FOVEA_JOB_GOOD,    /* its files are those of its marker */
    FOVEA_JOB_DAMAGED, /* it is to be done again */
    FOVEA_JOB_GONE,    /* its marker is not there any more */
};

/** What markers add up to. */
struct fovea_job_sums {
    uint64_t n_inputs; /* rows, errors and skipped ones */
    uint64_t n_rows;
    uint64_t n_errors;
    uint64_t n_skipped;
};

/** Borrowed for the call. */
struct fovea_job_verify {
    const char *output; /* each thread opens it for itself */
    const struct fovea_manifest *manifest;
    enum fovea_shard_look look;
    unsigned n_threads; /* 1 or more */
    /* How it is reached; is_cancelled is asked in any of the threads. */
    const struct fovea_objects_settings *store;
};

/**
 * Look at shards.
 *
 * @param verdicts  [n_shards], of enum fovea_job_verdict: those that are UNSEEN and
 *                  wanted are looked at, and no longer are.
 * @param wanted    [n_shards]; 0: not this one.
 * @param sums      What the markers of those that are found good say is added to them.
 * @return FOVEA_OK; as fovea_shard_look() and fovea_objects_open();
 *         FOVEA_ERR_CANCELLED. Verdicts that were found stay.
 */
FOVEA_NODISCARD enum fovea_status fovea_job_verify(
        const struct fovea_job_verify *verify, const uint8_t *wanted,
        uint8_t *verdicts, struct fovea_job_sums *sums,
        struct fovea_error *err);

#endif
