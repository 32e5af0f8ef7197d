/* From an input to the pixels a model sees: see preprocess.h. */
#include "image/preprocess.h"

#include <inttypes.h>

#include "base/error.h"
#include "image/orient.h"

enum {
    /* Of a resized side: far beyond what a picture gives, and sums of such
       sides stay inside 32 bits. */
    MAX_RESIZED_PX = 1 << 30
};

struct stream {
    const struct fovea_preprocess *settings;
    uint8_t *pixels;
    struct fovea_resampler *resampler;
};

/* The shortest edge becomes what the settings say, the other follows: Hugging
   Face's int(size * long / short), a true division rounded once. */
static uint64_t
long_edge(uint32_t size, uint32_t long_px, uint32_t short_px)
{
    return (uint64_t)((double)((uint64_t)size * long_px) / (double)short_px);
}

static enum fovea_status
choose_size(const struct fovea_preprocess *settings, uint32_t width,
        uint32_t height, struct fovea_resample_plan *plan,
        struct fovea_error *err)
{
    uint32_t edge = settings->shortest_edge_px;
    uint64_t new_width = settings->resize_width_px;
    uint64_t new_height = settings->resize_height_px;
    if (edge > 0) {
        new_width = width <= height ? edge : long_edge(edge, width, height);
        new_height = width <= height ? long_edge(edge, height, width) : edge;
    }
    if (new_width > MAX_RESIZED_PX || new_height > MAX_RESIZED_PX) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "%" PRIu32 "x%" PRIu32
                " pixels: one side is too many times longer than the other",
                width, height);
    }
    uint32_t crop_width = settings->crop_width_px;
    uint32_t crop_height = settings->crop_height_px;
    if (crop_width > new_width || crop_height > new_height) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "a crop of %" PRIu32 "x%" PRIu32
                " does not fit into an image resized to %" PRIu64 "x%" PRIu64,
                crop_width, crop_height, new_width, new_height);
    }
    plan->resized_width_px = (uint32_t)new_width;
    plan->resized_height_px = (uint32_t)new_height;
    plan->left_px = (plan->resized_width_px - crop_width) / 2;
    plan->top_px = (plan->resized_height_px - crop_height) / 2;
    plan->crop_width_px = crop_width;
    plan->crop_height_px = crop_height;
    return FOVEA_OK;
}

enum fovea_status
fovea_preprocess_plan(const struct fovea_preprocess *settings,
        const struct fovea_image_info *info,
        struct fovea_resample_plan *plan_out, struct fovea_error *err)
{
    bool transposed = fovea_orient_from_exif(info->orientation).transposed;
    struct fovea_resample_plan plan = {
        .filter = settings->filter,
        .stored_width_px = info->width_px,
        .stored_height_px = info->height_px,
        .orientation = info->orientation,
    };
    enum fovea_status status =
            choose_size(settings, transposed ? info->height_px : info->width_px,
                    transposed ? info->width_px : info->height_px, &plan, err);
    if (!status) {
        *plan_out = plan;
    }
    return status;
}

static enum fovea_status
stream_begin(void *context, const struct fovea_image_info *info,
        struct fovea_error *err)
{
    struct stream *stream = context;
    struct fovea_resample_plan plan;
    enum fovea_status status =
            fovea_preprocess_plan(stream->settings, info, &plan, err);
    if (status) {
        return status;
    }
    return fovea_resampler_create(&plan, stream->pixels, &stream->resampler,
            err);
}

static enum fovea_status
stream_row(void *context, const uint8_t *rgb, struct fovea_error *err)
{
    (void)err;
    struct stream *stream = context;
    fovea_resampler_push(stream->resampler, rgb);
    return FOVEA_OK;
}

enum fovea_status
fovea_preprocess_image(const struct fovea_preprocess *settings,
        const struct fovea_limits *limits, struct fovea_input *input,
        uint8_t *pixels, struct fovea_error *err)
{
    struct stream stream = { .settings = settings, .pixels = pixels };
    struct fovea_row_sink sink = {
        .context = &stream,
        .begin = stream_begin,
        .row = stream_row,
    };
    enum fovea_status status = fovea_image_decode(input, limits, &sink, err);
    bool done = stream.resampler && fovea_resampler_is_done(stream.resampler);
    fovea_resampler_destroy(stream.resampler);
    if (!status && !done) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "the decoder gave fewer rows than the image has");
    }
    return status;
}
