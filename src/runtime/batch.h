/*
 * Any number of items through the pool, a bounded number of them at a time.
 */
#ifndef FOVEA_RUNTIME_BATCH_H
#define FOVEA_RUNTIME_BATCH_H

#include "runtime/model.h"

/** What to do with the items of a call. */
struct fovea_batch {
    const struct fovea_item *items; /* [n] */
    size_t n;
    enum fovea_work_kind kind;
    unsigned flags;
    unsigned char *rows; /* [n][row_size] */
    size_t row_size;
    struct fovea_error *results; /* [n] */
};

/**
 * Submit all of them and wait for their results.
 *
 * Only so many are open or in memory at once as keep the workers busy, and
 * never more than the queue holds. A full queue is waited out (window.h).
 *
 * @return FOVEA_OK: all results are written, rows of failed items zeroed.
 *         FOVEA_ERR_NO_MEMORY. Where every item failed because no worker could
 *         serve it: the status of the first.
 */
FOVEA_NODISCARD enum fovea_status fovea_batch_run(struct fovea_model *model,
        const struct fovea_batch *batch, struct fovea_error *err);

#endif
