/* See work_layout.h. */
#include "bulk/work_layout.h"

struct fovea_row_layout
fovea_work_layout(enum fovea_stream_work work,
        const struct fovea_model_info *info)
{
    if (work == FOVEA_STREAM_PREPROCESS) {
        return (struct fovea_row_layout){
            .type = "|u1",
            .n_dims = 3,
            .dims = { info->image_height_px, info->image_width_px, 3 },
            /* Sides are at most 4096 px, which the config's reader saw to. */
            .size = (size_t)info->image_height_px * info->image_width_px * 3,
        };
    }
    return (struct fovea_row_layout){
        .type = "<f4",
        .n_dims = 1,
        .dims = { info->embedding_dimension },
        .size = info->embedding_dimension * sizeof(float),
    };
}
