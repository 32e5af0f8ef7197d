/*
 * One shard: its inputs embedded, its files written, its marker put last.
 *
 * Nothing of it is seen before it is whole, and no file is written over that is not
 * the same bytes' or a shard's that nobody has marked as done. Two processes that do
 * the same shard at once do no harm: one marker stays, and it is of the files that are
 * there.
 *
 * An input that fails is a line of errors_N.jsonl. One whose failure may pass (its
 * status is retryable) is tried again, with pauses, when the others are done, before
 * it becomes one. What is not an input's business is the shard's verdict: no memory
 * for a worker, no room on the disk, a store that cannot be reached; ten inputs or
 * more of which not one can be opened (FOVEA_ERR_ROOT_MISSING).
 */
#ifndef FOVEA_SHARDS_SHARD_RUN_H
#define FOVEA_SHARDS_SHARD_RUN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "fovea/fovea.h"

#include "bulk/pump.h"
#include "objects/objects.h"
#include "shards/done.h"
#include "shards/manifest.h"

/** How far a shard is; begun at zero. Any thread may read it while the run goes on. */
struct fovea_shard_progress {
    struct fovea_pump_counters
            inputs; /* n_done, n_bad, n_skipped; those that are
                                          tried again later are among the bad ones */
    struct fovea_pump_counters again; /* of further tries */
    atomic_uint_least64_t n_steps;    /* of what comes before and behind */
};

/** A number that grows whenever anything goes on, for who watches for a hang. */
static inline uint64_t
fovea_shard_progress_moved(const struct fovea_shard_progress *progress)
{
    return atomic_load(&progress->inputs.n_settled) +
            atomic_load(&progress->again.n_settled) +
            atomic_load(&progress->n_steps);
}

/** Borrowed until the run has ended. */
struct fovea_shard_run {
    struct fovea_model *model; /* that the manifest was checked against */
    const struct fovea_manifest *manifest;
    uint64_t number;
    struct fovea_objects
            *objects; /* of this run alone, as long as it goes on */
    const struct fovea_source_settings
            *source;            /* limits of archives; or NULL */
    enum fovea_shard_look look; /* how closely one that is done is looked at */
    size_t n_batch;      /* inputs whose results are taken at a time; 0: 128 */
    uint64_t read_ahead; /* bytes of members of archives in memory; 0: 32M */
    unsigned n_tries;    /* of an input whose failure may pass; 0: 3 */
    int64_t pause_ns;    /* before the second try; doubles; 0: 1 s */
    int stop_fd;         /* readable once the shard is to be left; -1 */
    struct fovea_shard_progress *progress;
    /* An input became a line of errors, or was passed over: no image. In the thread
       of the run, with what is borrowed for the call; or NULL. */
    void (*on_bad)(void *context, const struct fovea_entry *entry,
            const struct fovea_error *error, bool is_skipped);
    void *context;
};

/** What came of a shard. */
enum fovea_shard_verdict {
    FOVEA_SHARD_VERDICT_DONE,    /* its marker was put by this run */
    FOVEA_SHARD_VERDICT_ALREADY, /* somebody else's is there, with its files */
    FOVEA_SHARD_VERDICT_FINAL, /* it failed, and would again: the status says so */
    FOVEA_SHARD_VERDICT_RETRY, /* it failed, and may go well another time */
    FOVEA_SHARD_VERDICT_LEFT,  /* stop_fd; nothing is left of it */
};

/**
 * Do a shard. A marker that is there is looked at first, and a shard whose files are
 * not those of its marker is done again.
 *
 * @param done_out  May be NULL; set with _DONE and _ALREADY.
 * @param err       Why, with the other verdicts: FOVEA_ERR_CANCELLED of _LEFT.
 * Threads: the caller's waits until the end; several runs may go on at once, each with
 * its own objects. Since it unpacks archives, the calling thread must outlive the run.
 */
enum fovea_shard_verdict fovea_shard_run(const struct fovea_shard_run *run,
        struct fovea_shard_done *done_out, struct fovea_error *err);

#endif
