/* Inside of sandbox/: generated code at the seal. */
#ifndef FOVEA_SANDBOX_CODE_H
#define FOVEA_SANDBOX_CODE_H

#include "fovea/export.h"
#include "fovea/status.h"

/** Take write access to generated code away, so that nothing in memory can be
 *  both written and executed. */
FOVEA_NODISCARD enum fovea_status fovea_sandbox_freeze_code(
        struct fovea_error *err);

#endif
