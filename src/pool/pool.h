/*
 * The pool: the workers of all models, and the one way of every item to one of
 * them.
 *
 * One thread, the loop, starts, feeds, watches and reaps all workers; it never
 * waits for anything but its epoll. Other threads hand it items through bounded
 * queues, which the pool's mutex guards, and an eventfd. What takes time (the
 * cache, digests) is done in the background.
 *
 * Nothing is started before the first item or prewarm. The runtime gives it
 * groups and open descriptors; the pool knows no path, URL or key beyond
 * handing a model's directory to its workers.
 *
 * The public functions fovea_pool_*() are those of fovea/pool.h; of the pool's
 * own only create and destroy are called so.
 */
#ifndef FOVEA_POOL_POOL_H
#define FOVEA_POOL_POOL_H

#include "pool/cache.h"
#include "pool/pool_settings.h"

struct fovea_pool;

FOVEA_NODISCARD enum fovea_status fovea_pool_create(
        const struct fovea_pool_settings *settings,
        struct fovea_pool **pool_out, struct fovea_error *err);

/** Where packed weights and digests are kept. The pool's. Threads: safe. */
const struct fovea_cache *fovea_pool_cache(const struct fovea_pool *pool);

/** Refuse new items, drain, complete the rest, end every worker, wait for all
 *  that. In a forked child: ends nothing. NULL is fine. */
void fovea_pool_destroy(struct fovea_pool *pool);

#endif
