/* Inside of sandbox/: which system calls a sealed worker may make. */
#ifndef FOVEA_SANDBOX_RULES_H
#define FOVEA_SANDBOX_RULES_H

#include <seccomp.h>

#include "sandbox/sandbox.h"

/** What happens to a call that no rule names. */
#define FOVEA_SANDBOX_DEFAULT SCMP_ACT_KILL_PROCESS

/** Add every rule to a filter whose default that is. 0, or a negative errno of
 *  libseccomp. */
int fovea_sandbox_add_rules(scmp_filter_ctx filter,
        const struct fovea_sandbox_profile *profile);

#endif
