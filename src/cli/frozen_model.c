/* See frozen_model.h. */
#include "cli/frozen_model.h"

enum fovea_status
fovea_frozen_model_open(const struct fovea_run_request *request,
        struct fovea_frozen_model *opened, struct fovea_error *err)
{
    struct fovea_options options = request->options;
    opened->watch = (struct fovea_watch){
        .is_verbose = request->verbose,
        .is_quiet = request->quiet,
    };
    options.event_context = &opened->watch;
    enum fovea_status status = fovea_open(&options, &opened->library, err);
    if (!status) {
        status = fovea_model_open(opened->library, request->model,
                &opened->model, err);
    }
    if (!status) {
        status = fovea_frozen_of_model(opened->model, &request->options.limits,
                request->is_f16, request->raw, &opened->frozen, err);
    }
    opened->frozen.shard_size = request->shard_size;
    return status;
}

void
fovea_frozen_model_close(struct fovea_frozen_model *opened)
{
    fovea_frozen_finish(&opened->frozen);
    fovea_model_close(opened->model);
    fovea_close(opened->library);
}
