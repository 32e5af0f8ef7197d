/*
 * WebP, by libwebp: lossy and lossless, and the first frame of an animation on
 * its canvas, where what the frame leaves bare is black.
 *
 * Alpha is dropped, not composited: a transparent pixel keeps the colour that
 * is stored under it. libwebp gives no rows out before the last one without
 * keeping them all, so a frame stands in memory whole, three bytes a pixel.
 */
#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

#include "base/error.h"
#include "base/size.h"
#include "image/bytes.h"
#include "image/decode.h"
#include "image/exif.h"

static void
auto_demuxer(WebPDemuxer **demuxer)
{
    WebPDemuxDelete(*demuxer);
}

/* The RIFF header counts the bytes behind its first 8. */
static bool
is_cut_short(const WebPData *data)
{
    return data->size < 12 ||
            fovea_little_endian(data->bytes + 4, 4) + 8 > data->size;
}

static enum fovea_status
fail_demux(const WebPData *data, struct fovea_error *err)
{
    if (is_cut_short(data)) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
                "WebP: the file is shorter than its header says");
    }
    return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
            "WebP: the chunks of the file are damaged");
}

static enum fovea_status
fail_decode(VP8StatusCode code, struct fovea_error *err)
{
    switch (code) {
    case VP8_STATUS_OUT_OF_MEMORY:
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY, "WebP: no memory");
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
        return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
                "WebP: the picture ends before its last pixel");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "WebP: the file uses a feature that libwebp does not have");
    case VP8_STATUS_OK:
    case VP8_STATUS_INVALID_PARAM:
    case VP8_STATUS_BITSTREAM_ERROR:
    case VP8_STATUS_USER_ABORT:
        break;
    }
    return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
            "WebP: the picture is damaged");
}

static unsigned
read_orientation(const WebPDemuxer *demuxer)
{
    unsigned orientation = FOVEA_EXIF_NO_ORIENTATION;
    WebPChunkIterator chunk;
    if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk)) {
        orientation =
                fovea_exif_orientation(chunk.chunk.bytes, chunk.chunk.size);
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    return orientation == FOVEA_EXIF_NO_ORIENTATION ? 1 : orientation;
}

/* The frame's own pixels, [height][width][3]; the caller frees them. */
static enum fovea_status
decode_frame(const WebPIterator *frame, uint8_t **pixels_out,
        struct fovea_error *err)
{
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "WebP: libwebp is of another version than its headers");
    }
    VP8StatusCode code = WebPGetFeatures(frame->fragment.bytes,
            frame->fragment.size, &config.input);
    if (code != VP8_STATUS_OK) {
        return fail_decode(code, err);
    }
    if (config.input.width != frame->width ||
            config.input.height != frame->height) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "WebP: the frame and its picture differ in size");
    }
    size_t size;
    size_t stride = (size_t)frame->width * 3;
    if (!fovea_mul_size(stride, (size_t)frame->height, &size)) {
        return fovea_fail_memory(err, SIZE_MAX, "a WebP");
    }
    FOVEA_AUTO_FREE uint8_t *pixels = malloc(size);
    if (!pixels) {
        return fovea_fail_memory(err, size, "a WebP");
    }
    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = (int)stride;
    config.output.u.RGBA.size = size;
    code = WebPDecode(frame->fragment.bytes, frame->fragment.size, &config);
    WebPFreeDecBuffer(&config.output);
    if (code != VP8_STATUS_OK) {
        return fail_decode(code, err);
    }
    *pixels_out = FOVEA_TAKE(pixels);
    return FOVEA_OK;
}

static enum fovea_status
push_canvas(const WebPIterator *frame, const struct fovea_image_info *info,
        const uint8_t *pixels, const struct fovea_row_sink *sink,
        struct fovea_error *err)
{
    size_t stride = (size_t)frame->width * 3;
    FOVEA_AUTO_FREE uint8_t *row = calloc(info->width_px, 3);
    if (!row) {
        return fovea_fail_memory(err, (size_t)info->width_px * 3,
                "a row of a WebP");
    }
    uint32_t top = (uint32_t)frame->y_offset;
    for (uint32_t y = 0; y < info->height_px; y++) {
        if (y >= top && y - top < (uint32_t)frame->height) {
            memcpy(row + (size_t)frame->x_offset * 3,
                    pixels + (y - top) * stride, stride);
        } else {
            memset(row, 0, (size_t)info->width_px * 3);
        }
        enum fovea_status status = sink->row(sink->context, row, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

/* The demuxer has checked that frames lie inside the canvas. */
static enum fovea_status
push_frame(const WebPIterator *frame, const struct fovea_image_info *info,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    FOVEA_AUTO_FREE uint8_t *pixels = NULL;
    enum fovea_status status = decode_frame(frame, &pixels, err);
    if (status) {
        return status;
    }
    return push_canvas(frame, info, pixels, sink, err);
}

enum fovea_status
fovea_decode_webp(struct fovea_input *input, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    WebPData data;
    WebPDataInit(&data);
    enum fovea_status status =
            fovea_input_load(input, &data.bytes, &data.size, err);
    if (status) {
        return status;
    }
    WebPDemuxState state = WEBP_DEMUX_PARSE_ERROR;
    FOVEA_AUTO(auto_demuxer)
    WebPDemuxer *demuxer = WebPDemuxPartial(&data, &state);
    if (!demuxer || state != WEBP_DEMUX_DONE) {
        return fail_demux(&data, err);
    }
    struct fovea_image_info info = {
        .format = FOVEA_FORMAT_WEBP,
        .width_px = WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH),
        .height_px = WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT),
        .orientation = read_orientation(demuxer),
    };
    status = fovea_decode_begin(&info, limits, sink, err);
    if (status) {
        return status;
    }
    WebPIterator frame;
    if (!WebPDemuxGetFrame(demuxer, 1, &frame)) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "WebP: there is no frame in it");
    }
    status = push_frame(&frame, &info, sink, err);
    WebPDemuxReleaseIterator(&frame);
    return status;
}
