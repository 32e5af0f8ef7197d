/* See seal.h. */
#include "unpacker/seal.h"

#include "sandbox/memory_bound.h"
#include "sandbox/sandbox.h"
#include "unpacker/fail.h"

enum {
    N_FILES = 3 /* its input, its output, standard error: all open */
};

bool
fovea_unpacker_seal(struct fovea_unpacker *unpacker)
{
    const struct fovea_sandbox_profile profile = {
        .rules = FOVEA_SANDBOX_RULES_UNPACKER,
        .channel_fd = FOVEA_UNPACKER_OUTPUT_FD,
        .log_fd = -1,
        .memory_bytes = unpacker->order.max_memory_bytes,
        .max_files = N_FILES,
    };
    struct fovea_error error = { .code = FOVEA_OK };
    bool is_wanted = unpacker->order.sandbox != FOVEA_SANDBOX_OFF;
    bool is_sealed = is_wanted && !fovea_sandbox_seal(&profile, &error);
    if (!is_sealed && FOVEA_BOUNDS_UNSEALED) {
        (void)!fovea_sandbox_bound_memory(&profile, NULL);
    }
    if (!is_sealed && unpacker->order.sandbox == FOVEA_SANDBOX_ON) {
        (void)fovea_unpack_fail(unpacker, error.code, "%s", error.message);
        fovea_tell_failure(&unpacker->teller, &unpacker->failure);
        return false;
    }
    fovea_tell_ready(&unpacker->teller, is_sealed);
    return true;
}
