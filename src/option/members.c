/* Members of struct fovea_options: see members.h. */
#include "option/members.h"

#include "option/value.h"
#include "sys/cpu.h"

static unsigned
usual_workers(void)
{
    enum {
        MIN_WORKERS = 2 /* one may be busy with a picture that takes long */
    };
    unsigned n = fovea_cpu_count();
    n = n < MIN_WORKERS ? MIN_WORKERS : n;
    return n > FOVEA_MAX_WORKERS ? FOVEA_MAX_WORKERS : n;
}

enum fovea_status
fovea_options_fill(struct fovea_options *options, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    bool drains_not = options->drain_ns < 0;
    options->drain_ns = drains_not ? 0 : options->drain_ns;
    for (size_t i = 0; i < FOVEA_N_OPTIONS && !status; i++) {
        const struct fovea_option_row *row = &fovea_option_rows[i];
        if (row->scope == FOVEA_SCOPE_LIBRARY) {
            status = fovea_value_resolve(row, (char *)options + row->offset,
                    row->size, err);
        }
    }
    if (drains_not) {
        options->drain_ns = 0;
    }
    if (options->sandbox == FOVEA_SANDBOX_DEFAULT) {
        options->sandbox =
                FOVEA_HAS_SANDBOX ? FOVEA_SANDBOX_ON : FOVEA_SANDBOX_OFF;
    }
    if (options->max_workers == 0) {
        options->max_workers = usual_workers();
    }
    return status;
}
