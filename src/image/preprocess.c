/* From an input to the pixels a model sees: see preprocess.h. */
#include "image/preprocess.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "image/codec/codec.h"
#include "image/orient.h"

enum {
    /* Of a resized side: far beyond what a picture gives, and sums of such
       sides stay inside 32 bits. */
    MAX_RESIZED_PX = 1 << 30,
    /* Of rows to resized ones, at least, where the profile lets the decoder make
       the picture smaller: the resize has still much to do. */
    LEAST_RATIO = 2
};

struct stream {
    const struct fovea_preprocess *settings;
    const struct fovea_limits *limits;
    const struct fovea_allowance *allowance; /* NULL: none is asked */
    uint64_t allowed_bytes;                  /* 0: nothing was asked yet */
    uint8_t *pixels;
    struct fovea_image_info info; /* once it has begun */
    struct fovea_resampler *resampler;
};

/* The shortest edge becomes what the settings say, the other follows: Hugging
   Face's int(size * long / short), a true division rounded once. */
static double
long_edge(uint32_t size, uint32_t long_px, uint32_t short_px)
{
    return trunc((double)((uint64_t)size * long_px) / (double)short_px);
}

/* Both sides of a resized width x height; too large ones are as they are. */
static void
resized_sides(const struct fovea_preprocess *settings, uint32_t width,
        uint32_t height, double sides_out[2])
{
    uint32_t edge = settings->resize_width_px;
    sides_out[0] = (double)settings->resize_width_px;
    sides_out[1] = (double)settings->resize_height_px;
    switch (settings->resize) {
    case FOVEA_RESIZE_EXACT:
        return;
    case FOVEA_RESIZE_SHORTEST:
        sides_out[width <= height ? 1 : 0] = width <= height
                ? long_edge(edge, height, width)
                : long_edge(edge, width, height);
        return;
    case FOVEA_RESIZE_WITHIN: {
        double across = (double)width / sides_out[0];
        double down = (double)height / sides_out[1];
        double ratio = across > down ? across : down;
        ratio = ratio > 1.0 ? ratio : 1.0;
        sides_out[0] = fmax(rint((double)width / ratio), 1.0);
        sides_out[1] = fmax(rint((double)height / ratio), 1.0);
        return;
    }
    case FOVEA_RESIZE_LONGEST: {
        /* open_clip's: both divided by one ratio and rounded to even. */
        double across = (double)width / sides_out[0];
        double down = (double)height / sides_out[1];
        double ratio = across > down ? across : down;
        sides_out[0] = rint((double)width / ratio);
        sides_out[1] = rint((double)height / ratio);
        return;
    }
    }
}

/* One side of the window in the middle. */
struct span {
    uint32_t first_px; /* of the resized side */
    uint32_t n_px;
    uint32_t at_px; /* where that goes in the crop */
};

static struct span
centre(const struct fovea_preprocess *settings, uint32_t resized_px,
        uint32_t crop_px)
{
    if (resized_px < crop_px) {
        uint32_t missing = crop_px - resized_px;
        bool more_before = settings->centre == FOVEA_CENTRE_HUGGING_FACE &&
                settings->pixels != FOVEA_PIXELS_TORCHVISION;
        return (struct span){
            .n_px = resized_px,
            .at_px = more_before ? missing - missing / 2 : missing / 2,
        };
    }
    uint32_t spare = resized_px - crop_px;
    bool to_even = settings->centre == FOVEA_CENTRE_OPEN_CLIP;
    return (struct span){
        .first_px = spare / 2 + (to_even && spare % 4 == 3 ? 1 : 0),
        .n_px = crop_px,
    };
}

static enum fovea_status
choose_size(const struct fovea_preprocess *settings, uint32_t width,
        uint32_t height, struct fovea_resample_plan *plan,
        struct fovea_error *err)
{
    double sides[2];
    resized_sides(settings, width, height, sides);
    if (sides[0] > MAX_RESIZED_PX || sides[1] > MAX_RESIZED_PX ||
            sides[0] < 1.0 || sides[1] < 1.0) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "%" PRIu32 "x%" PRIu32
                " pixels: one side is too many times longer than the other",
                width, height);
    }
    plan->resized_width_px = (uint32_t)sides[0];
    plan->resized_height_px = (uint32_t)sides[1];
    bool is_cropped = settings->resize != FOVEA_RESIZE_WITHIN;
    uint32_t crop_width =
            is_cropped ? settings->crop_width_px : plan->resized_width_px;
    uint32_t crop_height =
            is_cropped ? settings->crop_height_px : plan->resized_height_px;
    struct span x = centre(settings, plan->resized_width_px, crop_width);
    struct span y = centre(settings, plan->resized_height_px, crop_height);
    plan->left_px = x.first_px;
    plan->top_px = y.first_px;
    plan->crop_width_px = x.n_px;
    plan->crop_height_px = y.n_px;
    plan->canvas_width_px = crop_width;
    plan->canvas_x_px = x.at_px;
    plan->canvas_y_px = y.at_px;
    return FOVEA_OK;
}

enum fovea_status
fovea_preprocess_plan(const struct fovea_preprocess *settings,
        const struct fovea_image_info *info,
        struct fovea_resample_plan *plan_out, struct fovea_error *err)
{
    bool transposed = fovea_orient_from_exif(info->orientation).transposed;
    struct fovea_resample_plan plan = {
        .pixels = settings->pixels,
        .filter = settings->filter,
        .rows = info->rows.width_px > 0
                ? info->rows
                : fovea_image_rows_as_stored(info->width_px, info->height_px),
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

enum {
    N_WAYS = 2
};

/* Where it is not known yet how the picture is turned: whichever way. */
static enum fovea_status
plan_ways(const struct stream *stream, const struct fovea_image_info *info,
        struct fovea_resample_plan plans[N_WAYS], struct fovea_error *err)
{
    enum {
        UPRIGHT = 1,
        TURNED = 6
    };
    const unsigned ways[N_WAYS] = { info->orientation ? info->orientation
                                                      : UPRIGHT,
        info->orientation ? info->orientation : TURNED };
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < N_WAYS; i++) {
        struct fovea_image_info way = *info;
        way.orientation = ways[i];
        status = fovea_preprocess_plan(stream->settings, &way, &plans[i], err);
    }
    return status;
}

static enum fovea_status
resize_bytes(const struct stream *stream, const struct fovea_image_info *info,
        uint64_t *bytes_out, struct fovea_error *err)
{
    struct fovea_resample_plan plans[N_WAYS];
    enum fovea_status status = plan_ways(stream, info, plans, err);
    for (size_t i = 0; !status && i < N_WAYS; i++) {
        uint64_t bytes = fovea_resampler_bytes(&plans[i]);
        *bytes_out = bytes > *bytes_out ? bytes : *bytes_out;
    }
    return status;
}

static uint32_t
larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static enum fovea_status
stream_least(void *context, const struct fovea_image_info *info,
        uint32_t least_out[2], struct fovea_error *err)
{
    const struct stream *stream = context;
    struct fovea_resample_plan plans[N_WAYS];
    enum fovea_status status = plan_ways(stream, info, plans, err);
    least_out[0] = 0;
    least_out[1] = 0;
    for (size_t i = 0; !status && i < N_WAYS; i++) {
        bool turned = fovea_orient_from_exif(plans[i].orientation).transposed;
        uint32_t width = LEAST_RATIO * plans[i].resized_width_px;
        uint32_t height = LEAST_RATIO * plans[i].resized_height_px;
        least_out[0] = larger(least_out[0], turned ? height : width);
        least_out[1] = larger(least_out[1], turned ? width : height);
    }
    return status;
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
                    (uint64_t)info->rows.width_px * FOVEA_DECODE_ROW_BYTES));
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

/* What the resized picture leaves of a larger crop; the rest is written over. */
static void
fill_surroundings(const struct stream *stream,
        const struct fovea_resample_plan *plan)
{
    const struct fovea_preprocess *settings = stream->settings;
    if (settings->resize != FOVEA_RESIZE_WITHIN &&
            (plan->crop_width_px < settings->crop_width_px ||
                    plan->crop_height_px < settings->crop_height_px)) {
        memset(stream->pixels, settings->fill,
                3 * (size_t)settings->crop_width_px * settings->crop_height_px);
    }
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
    stream->info = *info;
    fill_surroundings(stream, &plan);
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

static void
stream_window(void *context, struct fovea_window *window_out)
{
    const struct stream *stream = context;
    *window_out = fovea_resampler_window(stream->resampler);
}

enum fovea_status
fovea_preprocess_image(const struct fovea_preprocess *settings,
        const struct fovea_limits *limits,
        const struct fovea_allowance *allowance, struct fovea_input *input,
        uint8_t *pixels, struct fovea_image_info *info_out,
        struct fovea_error *err)
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
        .least = settings->pixels == FOVEA_PIXELS_FAST ? stream_least : NULL,
        .window = stream_window,
    };
    enum fovea_status status = fovea_image_decode(input, limits, &sink, err);
    bool done = stream.resampler && fovea_resampler_is_done(stream.resampler);
    fovea_resampler_destroy(stream.resampler);
    if (!status && !done) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "the decoder gave fewer rows than the image has");
    }
    if (!status && info_out) {
        *info_out = stream.info;
    }
    return status;
}
