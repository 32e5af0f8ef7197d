/*
 * Items on their way, and the queue of one group: items whose worker was ended
 * go first and alone, then single ones, then those of batches. No locks, no
 * clock.
 *
 * Isolated are items that a worker's end is blamed on (blame.h). Whoever takes
 * items says whether an isolated one may be among them, so that these do not
 * hold up all workers at once.
 */
#ifndef FOVEA_POOL_QUEUE_H
#define FOVEA_POOL_QUEUE_H

#include "pool/items.h"

struct fovea_queue {
    struct fovea_items retries;  /* n_kills > 0, not isolated */
    struct fovea_items isolated; /* n_deaths > 0 */
    struct fovea_items singles;
    struct fovea_items batches;
    int64_t due_ns; /* no deadline is earlier; FOVEA_NEVER if empty */
};

void fovea_queue_init(struct fovea_queue *queue);
size_t fovea_queue_size(const struct fovea_queue *queue);

/** Behind the others of its kind. */
void fovea_queue_push(struct fovea_queue *queue, struct fovea_pool_item *item);
/** Before them: it was there already. */
void fovea_queue_push_front(struct fovea_queue *queue,
        struct fovea_pool_item *item);

/** How they are to be taken. */
struct fovea_share {
    size_t n_idle; /* workers to share out to, the same number each */
    size_t max;    /* items of a job */
    bool no_isolated;
};

/**
 * Take the items of the next job: one retry, or one isolated, or single ones,
 * or those of batches, never a mix, so that nothing waits for what came after
 * it.
 */
void fovea_queue_take(struct fovea_queue *queue,
        const struct fovea_share *share, struct fovea_items *items_out);

/** No item is isolated any more: it was the worker. */
void fovea_queue_release_isolated(struct fovea_queue *queue);

/** Take what has waited past its deadline. */
void fovea_queue_take_expired(struct fovea_queue *queue, int64_t now_ns,
        struct fovea_items *items_out);

/** Take everything. */
void fovea_queue_take_all(struct fovea_queue *queue,
        struct fovea_items *items_out);

/** Take what has this ticket. */
void fovea_queue_take_ticket(struct fovea_queue *queue, uint64_t ticket,
        struct fovea_items *items_out);

#endif
