/*
 * A group: the workers that do one kind of work for one model, with their
 * queue. Any thread.
 */
#ifndef FOVEA_POOL_GROUP_H
#define FOVEA_POOL_GROUP_H

#include "pool/items.h"
#include "pool/pool_settings.h"

struct fovea_pool;
struct fovea_group;

/** The one that has the same directory and kind already, or a new one. Starts
 *  nothing. */
FOVEA_NODISCARD enum fovea_status fovea_group_open(struct fovea_pool *pool,
        const struct fovea_group_settings *settings,
        struct fovea_group **group_out, struct fovea_error *err);

/** The last one to close a group ends its workers. Items in the queue are
 *  served first. NULL is fine. */
void fovea_group_close(struct fovea_group *group);

/**
 * Put an item into the group's queue.
 *
 * @param ticket_out  May be NULL.
 * @return FOVEA_OK: the fd is the pool's, done comes exactly once, from the
 *         loop thread. Else nothing happened: FOVEA_ERR_BUSY,
 *         FOVEA_ERR_CIRCUIT_OPEN, FOVEA_ERR_SHUTTING_DOWN, FOVEA_ERR_FORKED,
 *         FOVEA_ERR_WORKER_CRASHED or FOVEA_ERR_WORKER_TIMEOUT for bytes that
 *         ended two workers before, FOVEA_ERR_NO_MEMORY, FOVEA_ERR_WORKER_START
 *         if the loop cannot be started.
 */
FOVEA_NODISCARD enum fovea_status fovea_group_submit(struct fovea_group *group,
        const struct fovea_pool_request *request, uint64_t *ticket_out,
        struct fovea_error *err);

/** A fresh ticket, for an item that is still being fetched or for several that
 *  are cancelled together; never 0. */
uint64_t fovea_group_ticket(struct fovea_group *group);

/** Complete what has this ticket with FOVEA_ERR_CANCELLED unless it is done. What
 *  is in flight is completed at once too; what the worker makes of it is
 *  dropped. */
void fovea_group_cancel(struct fovea_group *group, uint64_t ticket);

/* What fovea/pool.h promises. */
bool fovea_group_has_workers(struct fovea_group *group);
FOVEA_NODISCARD enum fovea_status fovea_group_check(struct fovea_group *group,
        struct fovea_error *err);
FOVEA_NODISCARD enum fovea_status fovea_group_prewarm(struct fovea_group *group,
        struct fovea_error *err);

#endif
