/* Images: see read.h and image/preprocess.h. */
#include "checkpoint/config.h"
#include "checkpoint/preprocessor.h"
#include "worker/read.h"

static enum fovea_status
load(const struct fovea_read_origin *origin, struct fovea_read_options *options,
        int *table_fd_out, struct fovea_error *err)
{
    (void)table_fd_out;
    return fovea_preprocess_config_read(origin->directory, origin->tower,
            &options->settings, err);
}

static size_t
row_bytes(const struct fovea_read_options *options)
{
    return 3 * (size_t)options->settings.crop_height_px *
            options->settings.crop_width_px;
}

static enum fovea_status
read_image(const struct fovea_read_options *options,
        const struct fovea_allowance *allowance,
        const struct fovea_work_flags *flags, struct fovea_input *input,
        void *row_out, struct fovea_error *err)
{
    (void)flags; /* nothing of an image is cut */
    return fovea_preprocess_image(&options->settings, &options->limits,
            allowance, input, row_out, err);
}

const struct fovea_item_reader fovea_read_image = {
    .load = load,
    .row_bytes = row_bytes,
    .warm_up = fovea_image_warm_up,
    .read = read_image,
};
