/* How everything stands. Any thread. */
#ifndef FOVEA_POOL_STATS_H
#define FOVEA_POOL_STATS_H

#include <stdint.h>

#include "fovea/fovea.h"
#include "fovea/pool.h"

struct fovea_pool;

/** All of *stats_out but fetch_ns, as fovea/pool.h promises it. */
FOVEA_NODISCARD enum fovea_status fovea_stats_read(struct fovea_pool *pool,
        struct fovea_pool_stats *stats_out, struct fovea_error *err);

/** Reserved for all workers and their weights. */
uint64_t fovea_stats_reserved_bytes(struct fovea_pool *pool);

#endif
