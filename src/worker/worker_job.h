/* A job inside of the worker: items, and who is told about them. */
#ifndef FOVEA_WORKER_WORKER_JOB_H
#define FOVEA_WORKER_WORKER_JOB_H

#include <stdbool.h>

#include "fovea/status.h"

#include "sys/input.h"
#include "wire/facts.h"
#include "wire/work.h"

/** What came of an item. */
struct fovea_item_result {
    size_t index;
    /* code FOVEA_OK: a row, and what was noted about it. */
    const struct fovea_error *error;
    const void *row;                 /* [row_bytes] of the kind of work */
    const struct fovea_facts *facts; /* beside a row */
    int64_t decode_ns;
    int64_t forward_ns; /* its share */
};

/** Items, and callbacks, which come from the crew's threads, several at once
 *  where there are several. */
struct fovea_worker_job {
    size_t n;                   /* 1..max_batch */
    struct fovea_input *inputs; /* [n]; each is finished once it was read */
    const struct fovea_work_flags *flags; /* [n] */
    void *context;
    /* May decoding it take these bytes more than the thread has anyway
       (FOVEA_DECODE_FREE_BYTES)? Waits for the answer; once an item, until
       it is decoded or done. NULL: it may. */
    enum fovea_status (*ask)(void *context, size_t index, uint64_t bytes,
            struct fovea_error *err);
    /* The item is decoded, and goes on. */
    void (*decoded)(void *context, size_t index, int64_t decode_ns);
    /* Exactly once for each item. */
    void (*done)(void *context, const struct fovea_item_result *result);
};

#endif
