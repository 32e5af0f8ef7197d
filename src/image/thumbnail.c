/* See thumbnail.h: the resampler of embeddings, and libjpeg. */
#include "image/thumbnail.h"

#include "base/error.h"
#include "image/codec/encode_jpeg.h"

/* Nearly all pictures take the first. The last fits whatever is in a picture:
   its coarse steps leave few coefficients, which take few bits each. */
static const int qualities[] = { 82, 60, 30, 5 };

static enum fovea_status
encode(struct fovea_thumbnail *thumbnail,
        const struct fovea_rgb_picture *picture, struct fovea_error *err)
{
    thumbnail->size = 0;
    for (size_t i = 0; thumbnail->size == 0 && i < FOVEA_ARRAY_LEN(qualities);
            i++) {
        enum fovea_status status = fovea_encode_jpeg(picture, qualities[i],
                thumbnail->jpeg, thumbnail->capacity, &thumbnail->size, err);
        if (status) {
            return status;
        }
    }
    return thumbnail->size > 0
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_INTERNAL,
                      "a thumbnail of %zu bytes is too large whatever its "
                      "quality",
                      thumbnail->capacity);
}

enum fovea_status
fovea_thumbnail_make(struct fovea_thumbnail *thumbnail,
        const struct fovea_limits *limits,
        const struct fovea_allowance *allowance, struct fovea_input *input,
        struct fovea_image_info *info_out, struct fovea_error *err)
{
    const struct fovea_preprocess settings = {
        .pixels = FOVEA_PIXELS_FAST,
        .filter = FOVEA_FILTER_BICUBIC,
        .resize = FOVEA_RESIZE_WITHIN,
        .resize_height_px = thumbnail->side_px,
        .resize_width_px = thumbnail->side_px,
    };
    struct fovea_resample_plan plan = { 0 };
    enum fovea_status status = fovea_preprocess_image(&settings, limits,
            allowance, input, thumbnail->pixels, info_out, err);
    if (!status) {
        status = fovea_preprocess_plan(&settings, info_out, &plan, err);
    }
    if (status) {
        return status;
    }
    const struct fovea_rgb_picture picture = {
        .pixels = thumbnail->pixels,
        .width_px = plan.resized_width_px,
        .height_px = plan.resized_height_px,
    };
    return encode(thumbnail, &picture, err);
}
