/* Sealing in a program that was built without it (-Dsandbox=disabled). */
#include "base/error.h"
#include "sandbox/sandbox.h"

void
fovea_sandbox_drop_capabilities(void)
{
}

enum fovea_status
fovea_sandbox_seal(const struct fovea_sandbox_profile *profile,
        struct fovea_error *err)
{
    (void)profile;
    return fovea_fail(err, FOVEA_ERR_SANDBOX,
            "cannot seal this process: it was built without the sandbox");
}
