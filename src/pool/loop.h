/* The loop thread: see loop.c. */
#ifndef FOVEA_POOL_LOOP_H
#define FOVEA_POOL_LOOP_H

#include "pool/internal.h"

/** Start it; fine if it runs. mu held. */
FOVEA_NODISCARD enum fovea_status fovea_pool_loop_start(struct fovea_pool *pool,
        struct fovea_error *err);

#endif
