/* From a program to a process: see spawn.c. */
#ifndef FOVEA_POOL_SPAWN_H
#define FOVEA_POOL_SPAWN_H

#include "pool/internal.h"

FOVEA_NODISCARD enum fovea_status fovea_spawn(struct fovea_pool *pool,
        struct fovea_slot *slot, struct fovea_error *err);

#endif
