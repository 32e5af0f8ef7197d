/*
 * Items on their way from being submitted to their end, and lists of them. No
 * locks, no clock.
 */
#ifndef FOVEA_POOL_ITEMS_H
#define FOVEA_POOL_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/fovea.h"

#include "wire/work.h"

struct fovea_group;

/* What came of an item. */
struct fovea_pool_outcome {
    struct fovea_error error;
    const void *row; /* row_bytes; NULL on failure */
    struct fovea_timings timings;
    struct fovea_image_facts facts; /* format NULL: none */
};

/** The outcome lives as long as the call. As fovea_done_fn otherwise. */
typedef void fovea_pool_done_fn(void *context,
        const struct fovea_pool_outcome *outcome);

struct fovea_pool_request {
    uint64_t ticket; /* what it is cancelled by: fovea_group_ticket(), which
                        several may share; 0: a fresh one of its own */
    int fd;          /* regular file or memory; taken by a successful submit */
    uint64_t size;
    struct fovea_work_flags flags;
    bool is_batch;
    bool is_admitted;     /* the queue's bound was respected before (URLs) */
    int64_t submitted_ns; /* fovea_clock_ns(); where total_ns begins */
    int64_t fetch_ns;     /* passed on to the timings */
    int64_t deadline_ns;  /* absolute; FOVEA_NEVER */
    fovea_pool_done_fn *done;
    void *context;
};

/* An item from being submitted to its end. */
struct fovea_pool_item {
    struct fovea_pool_item *previous; /* in the list that it is in */
    struct fovea_pool_item *next;
    struct fovea_group *group;
    struct fovea_pool_request request; /* fd owned; ticket set */
    int64_t queued_ns;
    int64_t dispatched_ns; /* to its worker; 0: never */
    unsigned n_deaths;     /* of workers, blamed on it: blame.h */
    unsigned n_kills;  /* of workers that were killed from outside with it */
    bool is_cancelled; /* while in flight; guarded by mu */
};

struct fovea_items {
    struct fovea_pool_item *first;
    struct fovea_pool_item *last;
    size_t n;
};

void fovea_items_push(struct fovea_items *items, struct fovea_pool_item *item);
void fovea_items_push_front(struct fovea_items *items,
        struct fovea_pool_item *item);
void fovea_items_remove(struct fovea_items *items,
        struct fovea_pool_item *item);
/** NULL if there is none. */
struct fovea_pool_item *fovea_items_pop(struct fovea_items *items);
/** Behind what is in the list already; from is empty then. */
void fovea_items_move(struct fovea_items *items, struct fovea_items *from);

#endif
