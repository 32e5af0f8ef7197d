/* See frozen_model.h. */
#include "cli/frozen_model.h"

#include "base/macros.h"
#include "objects/objects.h"
#include "shards/manifest.h"
#include "spec/dtype.h"

/* AUTO, where a manifest says already what it came to: on another machine, or at
   another time, it may come to something else. What is wrong with the place is told by
   whoever works there. */
static void
take_over_dtype(const struct fovea_run_request *request,
        struct fovea_options *options)
{
    FOVEA_AUTO(fovea_objects_close_auto) struct fovea_objects *objects = NULL;
    const struct fovea_objects_settings settings = {
        .s3 = &request->options.s3,
        .url = &request->options.url,
    };
    struct fovea_manifest manifest = { .shards = NULL };
    struct fovea_error error;
    if (options->dtype != FOVEA_DTYPE_AUTO ||
            fovea_objects_open(request->output, &settings, &objects, &error) ||
            fovea_manifest_read(objects, &manifest, &error)) {
        return;
    }
    (void)fovea_dtype_parse(manifest.frozen.dtype, &options->dtype);
    fovea_manifest_finish(&manifest);
}

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
    take_over_dtype(request, &options);
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
