/*
 * The work of `fovea embed --shard`, in a thread of its own: the manifest is made or
 * found, and then each shard of this process done, in order of their numbers.
 *
 * It knows no terminal and no signals. Whoever runs it reads how far it is, and ends
 * it in one of two ways: after the shard in hand, or at once.
 */
#ifndef FOVEA_CLI_SHARD_WORK_H
#define FOVEA_CLI_SHARD_WORK_H

#include <pthread.h>
#include <stdatomic.h>

#include "shards/manifest_make.h"
#include "shards/shard_run.h"
#include "shards/share.h"

/** What came of the shards of this process. */
struct fovea_shard_totals {
    uint64_t n_shards;  /* that are its own */
    uint64_t n_done;    /* by this run */
    uint64_t n_before;  /* done already */
    uint64_t n_failed;  /* for good */
    uint64_t n_inputs;  /* of those done by this run */
    uint64_t n_rows;    /* the same */
    uint64_t n_errors;  /* the same */
    uint64_t n_skipped; /* the same */
    uint64_t n_bad;     /* errors of all its shards that are done */
};

/** All but the totals is set by the caller, and borrowed until it has ended. */
struct fovea_shard_work {
    struct fovea_manifest_order order;
    struct fovea_shard_run run; /* number, manifest and progress are set here */
    struct fovea_share share;
    bool resumes; /* shards that are done are passed over; else refused */
    /* A shard failed for good, or is done again; in the thread of the work. */
    void (*on_shard)(void *context, uint64_t number, bool is_again,
            const struct fovea_error *error);
    void *context;
    atomic_bool leaves; /* no other shard is begun */

    /* How far it is. */
    atomic_uint_least64_t
            n_total;       /* inputs of its shards that are to be done; 0: not
                                      known */
    atomic_bool has_begun; /* a shard; before it, inputs are listed */
    atomic_uint_least64_t n_listed;
    pthread_mutex_t mutex;                /* of the next two */
    struct fovea_shard_progress progress; /* of the shard in hand */
    struct fovea_shard_totals totals;
};

/** How many inputs came to something so far, those of the shard in hand too. */
void fovea_shard_work_counts(struct fovea_shard_work *work,
        uint64_t *n_done_out, uint64_t *n_bad_out, uint64_t *n_skipped_out);

/**
 * Work until all is done, or it is to be left. Blocks.
 *
 * @return FOVEA_OK if every shard of this process is done or has failed for good;
 *         FOVEA_ERR_CANCELLED if it was left; FOVEA_ERR_SHARDS_DONE; what
 *         fovea_manifest_make() returns; what a shard failed with that may go well
 *         another time.
 */
FOVEA_NODISCARD enum fovea_status fovea_shard_work(
        struct fovea_shard_work *work, struct fovea_error *err);

#endif
