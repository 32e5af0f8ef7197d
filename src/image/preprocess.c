/* From an input to the pixels a model sees: see preprocess.h. */
#include "image/preprocess.h"

#include <inttypes.h>

#include "base/error.h"
#include "base/size.h"
#include "image/codec/codec.h"
#include "image/orient.h"

enum {
    /* Of a resized side: far beyond what a picture gives, and sums of such
       sides stay inside 32 bits. */
    MAX_RESIZED_PX = 1 << 30
};

struct stream {
    const struct fovea_preprocess *settings;
    const struct fovea_limits *limits;
    const struct fovea_allowance *allowance; /* NULL: none is asked */
    uint64_t allowed_bytes;                  /* 0: nothing was asked yet */
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

/* Where it is not known yet how the picture is turned: whichever way. */
static enum fovea_status
resize_bytes(const struct stream *stream, const struct fovea_image_info *info,
        uint64_t *bytes_out, struct fovea_error *err)
{
    enum {
        UPRIGHT = 1,
        TURNED = 6
    };
    const unsigned ways[] = { info->orientation ? info->orientation : UPRIGHT,
        info->orientation ? info->orientation : TURNED };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(ways); i++) {
        struct fovea_image_info way = *info;
        struct fovea_resample_plan plan;
        way.orientation = ways[i];
        enum fovea_status status =
                fovea_preprocess_plan(stream->settings, &way, &plan, err);
        if (status) {
            return status;
        }
        uint64_t bytes = fovea_resampler_bytes(&plan);
        *bytes_out = bytes > *bytes_out ? bytes : *bytes_out;
    }
    return FOVEA_OK;
}

/* Rows, what the decoder states, and the resize, in one question: whoever held
   a part while it waits for more could wait for another who does the same. */
static enum fovea_status
stream_reserve(void *context, const struct fovea_image_info *info,
        struct fovea_error *err)
{
    struct stream *stream = context;
    uint64_t resizing = 0;
    enum fovea_status status = resize_bytes(stream, info, &resizing, err);
    if (status) {
        return status;
    }
    uint64_t bytes = fovea_sum_bytes(info->decode_bytes,
            fovea_sum_bytes(resizing,
                    (uint64_t)info->width_px * FOVEA_DECODE_ROW_BYTES));
    if (bytes <= stream->allowed_bytes) {
        return FOVEA_OK;
    }
    if (stream->allowed_bytes > 0) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "%s: decoding takes more memory than was asked for",
                fovea_format_name(info->format));
    }
    status = fovea_decode_check_bytes(info, stream->limits, bytes, err);
    if (!status && stream->allowance) {
        status = stream->allowance->ask(stream->allowance->context, bytes, err);
    }
    if (!status) {
        stream->allowed_bytes = bytes;
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
        const struct fovea_limits *limits,
        const struct fovea_allowance *allowance, struct fovea_input *input,
        uint8_t *pixels, struct fovea_error *err)
{
    struct stream stream = {
        .settings = settings,
        .limits = limits,
        .allowance = allowance,
        .pixels = pixels,
    };
    struct fovea_row_sink sink = {
        .context = &stream,
        .begin = stream_begin,
        .row = stream_row,
        .reserve = stream_reserve,
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
