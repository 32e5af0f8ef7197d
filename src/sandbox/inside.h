/* Inside of sandbox/: the steps of sealing a process. */
#ifndef FOVEA_SANDBOX_INSIDE_H
#define FOVEA_SANDBOX_INSIDE_H

#include <stddef.h>

#include "sandbox/sandbox.h"

/** Take write access to generated code away, so that nothing in memory can be
 *  both written and executed. */
FOVEA_NODISCARD enum fovea_status fovea_sandbox_freeze_code(
        struct fovea_error *err);

/** Fail if a thread of this process has a capability left. */
FOVEA_NODISCARD enum fovea_status fovea_sandbox_check_threads(
        struct fovea_error *err);

/** Read a file of /proc whole, as a string. NULL: it cannot be read. */
char *fovea_sandbox_read_file(const char *path);

#endif
