/* See array.h. */
#include "export/array.h"

enum fovea_status
fovea_export_array_open(const struct fovea_export_settings *settings,
        size_t index, struct fovea_npy *npy_out, struct fovea_error *err)
{
    size_t dimension = settings->set->dimension;
    *npy_out = (struct fovea_npy){
        .layout = { .type = "<f4",
                .n_dims = 1,
                .dims = { dimension },
                .size = dimension * sizeof(float) },
        .file = FOVEA_ATOMIC_FILE_INIT,
    };
    enum fovea_status status =
            fovea_target_open(settings->target, index, &npy_out->file, err);
    return status ? status : fovea_npy_begin(npy_out, err);
}
