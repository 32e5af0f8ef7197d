/* Choosing the decoder, and what the decoders share. See decode.h. */
#include "image/decode.h"

#include <inttypes.h>

#include "base/error.h"
#include "image/damage.h"

enum fovea_status
fovea_decode_begin(const struct fovea_image_info *info,
        const struct fovea_limits *limits, const struct fovea_row_sink *sink,
        struct fovea_error *err)
{
    uint32_t width = info->width_px;
    uint32_t height = info->height_px;
    if (width == 0 || height == 0) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "%s: a side is 0 (%" PRIu32 "x%" PRIu32 ")",
                fovea_format_name(info->format), width, height);
    }
    if (width > limits->max_side_px || height > limits->max_side_px) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_SIDE_TOO_LONG,
                "%" PRIu32 "x%" PRIu32
                " pixels: a side is longer than the limit of %" PRIu32,
                width, height, limits->max_side_px);
    }
    uint64_t pixels = (uint64_t)width * height;
    if (pixels > limits->max_pixels) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_TOO_MANY_PIXELS,
                "%" PRIu32 "x%" PRIu32 " pixels are more than the limit of "
                "%" PRIu64,
                width, height, limits->max_pixels);
    }
    return sink->begin(sink->context, info, err);
}

enum fovea_status
fovea_image_decode(struct fovea_input *input, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    static fovea_decode_fn *const decoders[] = {
        [FOVEA_FORMAT_JPEG] = fovea_decode_jpeg,
        [FOVEA_FORMAT_PNG] = fovea_decode_png,
        [FOVEA_FORMAT_WEBP] = fovea_decode_webp,
        [FOVEA_FORMAT_GIF] = fovea_decode_gif,
        [FOVEA_FORMAT_TIFF] = fovea_decode_tiff,
        [FOVEA_FORMAT_HEIF] = fovea_decode_heif,
        [FOVEA_FORMAT_BMP] = fovea_decode_bmp,
        [FOVEA_FORMAT_RAW] = fovea_decode_raw,
    };
    fovea_error_clear(err);
    if (input->size > limits->max_bytes) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_TOO_MANY_BYTES,
                "%" PRIu64 " bytes are more than the limit of %" PRIu64,
                input->size, limits->max_bytes);
    }
    enum fovea_format format;
    enum fovea_status status = fovea_image_sniff(input, &format, err);
    if (status) {
        return status;
    }
    struct fovea_damage_watch watch = { .limits = limits, .sink = sink };
    struct fovea_row_sink watched = fovea_damage_watch_sink(&watch);
    status = decoders[format](input, limits, &watched, err);
    status = fovea_damage_judge(&watch, status, err);
    if (!status && watch.info.raw_kind) {
        fovea_raw_note(&watch.info, err);
    }
    return status;
}
