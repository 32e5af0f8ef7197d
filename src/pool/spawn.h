/* From a program to a process: see spawn.c. */
#ifndef FOVEA_POOL_SPAWN_H
#define FOVEA_POOL_SPAWN_H

#include "pool/internal.h"

/* A worker that was started, and our ends of what it has. */
struct fovea_spawned {
    struct fovea_process process;
    int channel;
    int log_fd;
};

/**
 * Start the worker program. It is killed when the calling thread ends.
 *
 * @param spawned_out  Its descriptors are the caller's, on failure too; -1: none.
 */
FOVEA_NODISCARD enum fovea_status fovea_spawn_program(const char *program,
        char *const *environment, struct fovea_spawned *spawned_out,
        struct fovea_error *err);

/** The same for a slot, by the pool's settings: the loop thread. */
FOVEA_NODISCARD enum fovea_status fovea_spawn(struct fovea_pool *pool,
        struct fovea_slot *slot, struct fovea_error *err);

#endif
