/* Inside of sandbox/: no thread of a sealed process has a capability. */
#ifndef FOVEA_SANDBOX_CAPABILITIES_H
#define FOVEA_SANDBOX_CAPABILITIES_H

#include "fovea/export.h"
#include "fovea/status.h"

/** Fail if a thread of this process has a capability left. */
FOVEA_NODISCARD enum fovea_status fovea_sandbox_check_capabilities(
        struct fovea_error *err);

#endif
