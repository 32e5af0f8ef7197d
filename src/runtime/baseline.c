/*
 * The public calls that come first and those that end: all that runs on a CPU
 * that may be too old for the rest. See sys/cpu_floor.h.
 */
#include "runtime/model.h"
#include "sys/cpu_floor.h"

const char *
fovea_version(void)
{
    return FOVEA_VERSION;
}

enum fovea_status
fovea_open(const struct fovea_options *options, struct fovea **library_out,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_cpu_check(NULL, err);
    return status ? status : fovea_library_open(options, library_out, err);
}

void
fovea_close(struct fovea *library)
{
    if (library) {
        fovea_library_close(library);
    }
}

void
fovea_model_close(struct fovea_model *model)
{
    if (model) {
        fovea_model_release(model);
    }
}
