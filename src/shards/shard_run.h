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
 * for a worker, no room on the disk, a store that cannot be reached.
 */
#ifndef FOVEA_SHARDS_SHARD_RUN_H
#define FOVEA_SHARDS_SHARD_RUN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "fovea/fovea.h"

#include "bulk/row_batch.h"
#include "bulk/source.h"
#include "objects/objects.h"
#include "shards/done.h"
#include "shards/manifest.h"

/** How far a shard is. Any thread may read it while the run goes on. */
struct fovea_shard_progress {
    atomic_uint_least64_t
            n_done; /* inputs, bad and skipped ones included; grows with
                                     every batch and is never set back within a run */
    atomic_uint_least64_t n_bad;
    atomic_uint_least64_t n_skipped;
    atomic_uint_least64_t
            n_moved; /* grows whenever anything goes on: inputs, tries,
                                      bytes written; for who watches for a hang */
};

/** Borrowed until the run has ended. */
struct fovea_shard_run {
    struct fovea_model *model; /* that the manifest was checked against */
    const struct fovea_manifest *manifest;
    uint64_t number;
    struct fovea_objects
            *objects; /* of this run alone, as long as it goes on */
    const struct fovea_source_settings
            *source;  /* limits of archives; or NULL */
    size_t n_batch;   /* inputs whose results are taken at a time; 0: 128 */
    unsigned n_tries; /* of an input whose failure may pass; 0: 3 */
    int64_t pause_ns; /* before the first further try; doubles; 0: 1 s */
    int stop_fd;      /* readable once the shard is to be left; -1 */
    struct fovea_shard_progress *progress; /* begun at zero; or NULL */
    /* After each batch, in the thread of the run; may be NULL. The batch is settled
       and borrowed for the call. */
    void (*on_batch)(void *context, const struct fovea_row_batch *batch);
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
 * Do a shard. A marker that is there is looked at first (FOVEA_SHARD_LOOK_STAT), and
 * a shard whose files are not those of its marker is done again.
 *
 * @param done_out  May be NULL; set with _DONE and _ALREADY.
 * @param err       Why, with the other verdicts: FOVEA_ERR_CANCELLED of _LEFT.
 * Threads: the caller's waits until the end; several runs may go on at once, each with
 * its own objects. Since it unpacks archives, the calling thread must outlive the run.
 */
enum fovea_shard_verdict fovea_shard_run(const struct fovea_shard_run *run,
        struct fovea_shard_done *done_out, struct fovea_error *err);

#endif
