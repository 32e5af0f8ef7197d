/*
 * Which shards are this process's: those whose number mod N is I. Said as I/N, or found
 * in what a scheduler or a launcher tells its processes. Pure.
 */
#ifndef FOVEA_SHARDS_SHARE_H
#define FOVEA_SHARDS_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

struct fovea_share {
    uint64_t index;
    uint64_t count; /* 1 or more; more than index */
};

/** The value of a variable of the environment; NULL: it is not set. */
typedef const char *fovea_variable_fn(const char *name);

/**
 * Parse what --shard was given: I/N, or auto, or auto/N, which looks at variables of
 * Slurm (arrays, tasks), Kubernetes (indexed jobs) and MPI.
 *
 * Variables that say the same may be there together; where they do not, and none of
 * them is of a single process, they are named and refused.
 *
 * @return FOVEA_OK or FOVEA_ERR_ARGUMENT.
 */
FOVEA_NODISCARD enum fovea_status fovea_share_parse(const char *text,
        fovea_variable_fn *variable, struct fovea_share *share_out,
        struct fovea_error *err);

#endif
