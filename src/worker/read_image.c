/* Images: see read.h and image/preprocess.h. */
#include "worker/read_image.h"

#include "checkpoint/config.h"
#include "checkpoint/preprocessor.h"
#include "image/orient.h"

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

void
fovea_read_facts(const struct fovea_image_info *info,
        struct fovea_facts *facts_out)
{
    bool is_turned = fovea_orient_from_exif(info->orientation).transposed;
    *facts_out = (struct fovea_facts){
        .width_px = is_turned ? info->height_px : info->width_px,
        .height_px = is_turned ? info->width_px : info->height_px,
        .format = info->format,
        .has_taken = info->taken.is_known,
        .taken_s = info->taken.s,
    };
}

static enum fovea_status
read_image(const struct fovea_read_options *options,
        const struct fovea_allowance *allowance,
        const struct fovea_work_flags *flags, struct fovea_input *input,
        void *row_out, struct fovea_facts *facts_out, struct fovea_error *err)
{
    (void)flags; /* nothing of an image is cut */
    struct fovea_image_info info;
    enum fovea_status status = fovea_preprocess_image(&options->settings,
            &options->limits, allowance, input, row_out, &info, err);
    if (!status) {
        fovea_read_facts(&info, facts_out);
    }
    return status;
}

const struct fovea_item_reader fovea_read_image = {
    .load = load,
    .row_bytes = row_bytes,
    .warm_up = fovea_image_warm_up,
    .read = read_image,
};
