/* Bounding a process's memory: a part of its seal. */
#ifndef FOVEA_SANDBOX_MEMORY_BOUND_H
#define FOVEA_SANDBOX_MEMORY_BOUND_H

#include "sandbox/sandbox.h"

/** Set RLIMIT_DATA and RLIMIT_AS as the profile says; FOVEA_ERR_SANDBOX. */
FOVEA_NODISCARD enum fovea_status fovea_sandbox_bound_memory(
        const struct fovea_sandbox_profile *profile, struct fovea_error *err);

#endif
