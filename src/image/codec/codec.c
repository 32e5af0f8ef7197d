/* What the decoders share: the limits, and what decoding takes. See codec.h. */
#include "image/codec/codec.h"

#include <inttypes.h>

#include "base/error.h"
#include "base/size.h"
#include "option/limits.h"

uint64_t
fovea_decode_passes(const struct fovea_image_info *info, uint64_t n)
{
    uint64_t pixels = (uint64_t)info->width_px * info->height_px;
    uint64_t work;
    return __builtin_mul_overflow(pixels, n, &work) ? UINT64_MAX : work;
}

enum fovea_status
fovea_decode_check_bytes(const struct fovea_image_info *info,
        const struct fovea_limits *limits, uint64_t decode_bytes,
        struct fovea_error *err)
{
    if (decode_bytes <= limits->max_decode_bytes) {
        return FOVEA_OK;
    }
    return fovea_fail(err, FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY,
            "%s of %" PRIu32 "x%" PRIu32 " pixels: decoding it takes %" PRIu64
            " MB, more than the limit of %" PRIu64 " MB %s",
            fovea_format_name(info->format), info->width_px, info->height_px,
            fovea_whole_mib(decode_bytes), limits->max_decode_bytes >> 20,
            fovea_limit_by(FOVEA_OPTION_DECODE_BYTES));
}

enum fovea_status
fovea_decode_check_work(const struct fovea_image_info *info,
        const struct fovea_limits *limits, uint64_t decode_work,
        struct fovea_error *err)
{
    if (decode_work <= limits->max_decode_work) {
        return FOVEA_OK;
    }
    return fovea_fail(err, FOVEA_ERR_IMAGE_TOO_COSTLY,
            "%s of %" PRIu32 "x%" PRIu32 " pixels: decoding it takes %" PRIu64
            " pixel passes, more than the limit of %" PRIu64 " %s",
            fovea_format_name(info->format), info->width_px, info->height_px,
            decode_work, limits->max_decode_work,
            fovea_limit_by(FOVEA_OPTION_DECODE_WORK));
}

static enum fovea_status
check_size(const struct fovea_image_info *info,
        const struct fovea_limits *limits, struct fovea_error *err)
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
                " pixels: a side is longer than the limit of %" PRIu32 " %s",
                width, height, limits->max_side_px,
                fovea_limit_by(FOVEA_OPTION_SIDE));
    }
    if (fovea_decode_passes(info, 1) > limits->max_pixels) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_TOO_MANY_PIXELS,
                "%" PRIu32 "x%" PRIu32 " pixels are more than the limit of "
                "%" PRIu64 " %s",
                width, height, limits->max_pixels,
                fovea_limit_by(FOVEA_OPTION_PIXELS));
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_decode_choose_shrink(const struct fovea_image_info *info,
        const struct fovea_row_sink *sink, unsigned most, unsigned *shrink_out,
        struct fovea_error *err)
{
    uint32_t least[2] = { info->width_px, info->height_px };
    enum fovea_status status = FOVEA_OK;
    unsigned shrink = 1;
    if (sink->least && info->width_px > 0 && info->height_px > 0) {
        status = sink->least(sink->context, info, least, err);
    }
    while (!status && shrink < most &&
            info->width_px / (2 * shrink) >= least[0] &&
            info->height_px / (2 * shrink) >= least[1]) {
        shrink *= 2;
    }
    *shrink_out = shrink;
    return status;
}

/* What sinks are told: with the rows. */
static struct fovea_image_info
with_rows(const struct fovea_image_info *info)
{
    struct fovea_image_info told = *info;
    if (told.rows.width_px == 0) {
        told.rows = fovea_image_rows_as_stored(info->width_px, info->height_px);
    }
    return told;
}

enum fovea_status
fovea_decode_reserve(const struct fovea_image_info *info,
        const struct fovea_limits *limits, const struct fovea_row_sink *sink,
        struct fovea_error *err)
{
    uint64_t work = info->decode_work ? info->decode_work
                                      : fovea_decode_passes(info, 1);
    enum fovea_status status = check_size(info, limits, err);
    if (!status) {
        status = fovea_decode_check_work(info, limits, work, err);
    }
    if (!status) {
        status =
                fovea_decode_check_bytes(info, limits, info->decode_bytes, err);
    }
    const struct fovea_image_info told = with_rows(info);
    return status || !sink->reserve ? status
                                    : sink->reserve(sink->context, &told, err);
}

enum fovea_status
fovea_decode_begin(const struct fovea_image_info *info,
        const struct fovea_limits *limits, const struct fovea_row_sink *sink,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_decode_reserve(info, limits, sink, err);
    const struct fovea_image_info told = with_rows(info);
    return status ? status : sink->begin(sink->context, &told, err);
}
