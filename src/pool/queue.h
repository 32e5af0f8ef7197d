/*
 * Images on their way, and the queue of one model: images whose worker died go
 * first and alone, then single ones, then those of batches. No locks, no clock.
 */
#ifndef FOVEA_POOL_QUEUE_H
#define FOVEA_POOL_QUEUE_H

#include "pool/pool.h"

/* An image from being submitted to its answer. */
struct fovea_item {
    struct fovea_item *previous; /* in the list that it is in */
    struct fovea_item *next;
    struct fovea_pool_model *model;
    struct fovea_pool_image image; /* fd owned; ticket set */
    int64_t queued_ns;
    int64_t handed_ns; /* to its worker; 0: never */
    unsigned n_deaths; /* of workers that had it in their hands */
    bool is_cancelled; /* while in a worker's hands; guarded by mu */
};

struct fovea_items {
    struct fovea_item *first;
    struct fovea_item *last;
    size_t n;
};

void fovea_items_push(struct fovea_items *items, struct fovea_item *item);
void fovea_items_push_front(struct fovea_items *items, struct fovea_item *item);
void fovea_items_remove(struct fovea_items *items, struct fovea_item *item);
/** NULL if there is none. */
struct fovea_item *fovea_items_pop(struct fovea_items *items);
/** Behind what is in the list already; from is empty then. */
void fovea_items_move(struct fovea_items *items, struct fovea_items *from);

struct fovea_queue {
    struct fovea_items retries; /* n_deaths > 0 */
    struct fovea_items singles;
    struct fovea_items batches;
    int64_t due_ns; /* no deadline is earlier; FOVEA_NEVER if empty */
};

void fovea_queue_init(struct fovea_queue *queue);
size_t fovea_queue_size(const struct fovea_queue *queue);

/** Behind the others of its kind. */
void fovea_queue_push(struct fovea_queue *queue, struct fovea_item *item);
/** Before them: it was there already. */
void fovea_queue_push_front(struct fovea_queue *queue, struct fovea_item *item);

/**
 * Take the images of the next job: one retry, or single ones, or those of
 * batches, never a mix, so that nothing waits for what came after it. They are
 * shared out: to n_idle workers the same number each, at most max.
 */
void fovea_queue_take(struct fovea_queue *queue, size_t n_idle, size_t max,
        struct fovea_items *items_out);

/** Take what has waited past its deadline. */
void fovea_queue_take_expired(struct fovea_queue *queue, int64_t now_ns,
        struct fovea_items *items_out);

/** Take everything. */
void fovea_queue_take_all(struct fovea_queue *queue,
        struct fovea_items *items_out);

/** Take the one with this ticket; NULL if it is not there. */
struct fovea_item *fovea_queue_take_ticket(struct fovea_queue *queue,
        uint64_t ticket);

#endif
