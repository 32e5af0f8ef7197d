/*
 * WebP, by libwebp: lossy and lossless, and the first frame of an animation on
 * its canvas, where what the frame leaves bare is black.
 *
 * Alpha is dropped, not composited: a transparent pixel keeps the colour that
 * is stored under it. libwebp gives no rows out before the last one without
 * keeping them all, so a frame stands in memory whole, three bytes a pixel. Where
 * the sink can do with a smaller picture libwebp scales rows down as it decodes
 * them, and only that picture stands in memory; not of an animation, whose frames
 * have their places on a canvas.
 */
#include <inttypes.h>
#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

#include "base/error.h"
#include "base/size.h"
#include "image/byte_order.h"
#include "image/codec/codec.h"
#include "image/codec/webp.h"
#include "image/exif.h"

enum {
    RIFF_SIZE = 12, /* of the header */
};

/* A frame's own pixels. */
struct picture {
    uint8_t *pixels; /* [height][width][3] */
    uint32_t width;  /* the frame's, or less */
    uint32_t height;
    size_t stride;
    size_t size;
    uint32_t n_rows; /* that are good */
};

FOVEA_DEFINE_AUTO(WebPDemuxer *, WebPDemuxDelete);

/* The RIFF header counts the bytes behind its first 8. */
static uint64_t
stated_size(const WebPData *data)
{
    return data->size < RIFF_SIZE ? UINT64_MAX
                                  : fovea_little_endian(data->bytes + 4, 4) + 8;
}

static enum fovea_status
fail_demux(const WebPData *data, struct fovea_error *err)
{
    if (stated_size(data) > data->size) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
                "WebP: the file is shorter than its header says");
    }
    return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
            "WebP: the chunks of the file are damaged");
}

/* Find the chunks. A file that is cut short has those that are there. */
static bool
demux(const WebPData *data, WebPDemuxer **demuxer_out)
{
    WebPDemuxState state = WEBP_DEMUX_PARSE_ERROR;
    WebPDemuxer *demuxer = WebPDemuxPartial(data, &state);
    if (demuxer &&
            (state == WEBP_DEMUX_DONE || state == WEBP_DEMUX_PARSED_HEADER)) {
        *demuxer_out = demuxer;
        return true;
    }
    WebPDemuxDelete(demuxer);
    return false;
}

/* A header that counts too little hides chunks that are there: a copy with the
   right number. */
static enum fovea_status
mend_size(WebPData *data, uint8_t **copy_out, struct fovea_error *err)
{
    uint8_t *copy = malloc(data->size);
    if (!copy) {
        return fovea_fail_memory(err, data->size, "a WebP");
    }
    memcpy(copy, data->bytes, data->size);
    uint64_t size = data->size - 8;
    for (size_t i = 0; i < 4; i++) {
        copy[4 + i] = (uint8_t)(size >> (8 * i));
    }
    data->bytes = copy;
    *copy_out = copy;
    return FOVEA_OK;
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

static void
read_exif(const WebPDemuxer *demuxer, struct fovea_image_info *info)
{
    struct fovea_exif exif = { 0 };
    WebPChunkIterator chunk;
    if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk)) {
        exif = fovea_exif_read(chunk.chunk.bytes, chunk.chunk.size);
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    info->orientation = exif.orientation ? exif.orientation : 1;
    info->taken = exif.taken;
}

/* Where libwebp puts the frame's pixels, and how many it makes of them. */
static enum fovea_status
configure(const WebPIterator *frame, const struct picture *picture,
        WebPDecoderConfig *config, struct fovea_error *err)
{
    if (!WebPInitDecoderConfig(config)) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "WebP: libwebp is of another version than its headers");
    }
    VP8StatusCode code = WebPGetFeatures(frame->fragment.bytes,
            frame->fragment.size, &config->input);
    if (code != VP8_STATUS_OK) {
        return fail_decode(code, err);
    }
    if (config->input.width != frame->width ||
            config->input.height != frame->height) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "WebP: the frame and its picture differ in size");
    }
    config->output.colorspace = MODE_RGB;
    config->output.is_external_memory = 1;
    config->output.u.RGBA.rgba = picture->pixels;
    config->output.u.RGBA.stride = (int)picture->stride;
    config->output.u.RGBA.size = picture->size;
    config->options.use_scaling = picture->width != (uint32_t)frame->width ||
            picture->height != (uint32_t)frame->height;
    config->options.scaled_width = (int)picture->width;
    config->options.scaled_height = (int)picture->height;
    return FOVEA_OK;
}

/* Once more, by the decoder that takes data as they come: it tells how many
   rows it had before they ended or made no sense. */
static enum fovea_status
count_good_rows(const WebPIterator *frame, struct picture *picture,
        struct fovea_error *err)
{
    WebPDecoderConfig config;
    enum fovea_status status = configure(frame, picture, &config, err);
    if (status) {
        return status;
    }
    WebPIDecoder *decoder = WebPIDecode(NULL, 0, &config);
    if (!decoder) {
        return fail_decode(VP8_STATUS_OUT_OF_MEMORY, err);
    }
    VP8StatusCode code =
            WebPIUpdate(decoder, frame->fragment.bytes, frame->fragment.size);
    int n = 0;
    if (WebPIDecGetRGB(decoder, &n, NULL, NULL, NULL) && n > 0 &&
            (uint32_t)n <= picture->height) {
        picture->n_rows = (uint32_t)n;
    }
    WebPIDelete(decoder);
    WebPFreeDecBuffer(&config.output);
    return code == VP8_STATUS_OK ? FOVEA_OK : fail_decode(code, err);
}

/* The frame's own pixels, as many rows as can be had. */
static enum fovea_status
decode_frame(const WebPIterator *frame, struct picture *picture,
        struct fovea_error *err)
{
    picture->stride = (size_t)picture->width * 3;
    if (!fovea_mul_size(picture->stride, picture->height, &picture->size)) {
        return fovea_fail_memory(err, SIZE_MAX, "a WebP");
    }
    picture->pixels = malloc(picture->size);
    if (!picture->pixels) {
        return fovea_fail_memory(err, picture->size, "a WebP");
    }
    WebPDecoderConfig config;
    enum fovea_status status = configure(frame, picture, &config, err);
    if (status) {
        return status;
    }
    VP8StatusCode code =
            WebPDecode(frame->fragment.bytes, frame->fragment.size, &config);
    WebPFreeDecBuffer(&config.output);
    if (code == VP8_STATUS_OK) {
        picture->n_rows = picture->height;
        return FOVEA_OK;
    }
    status = fail_decode(code, err);
    return status == FOVEA_ERR_IMAGE_TRUNCATED ||
                    status == FOVEA_ERR_IMAGE_CORRUPT
            ? count_good_rows(frame, picture, err)
            : status;
}

/* Rows of the canvas: all, or those above what the frame lacks. */
static enum fovea_status
push_canvas(const WebPIterator *frame, const struct fovea_image_info *info,
        const struct picture *picture, const struct fovea_row_sink *sink,
        struct fovea_error *err)
{
    size_t row_size = (size_t)info->rows.width_px * 3;
    FOVEA_AUTO_FREE uint8_t *row = calloc(row_size, 1);
    if (!row) {
        return fovea_fail_memory(err, row_size, "a row of a WebP");
    }
    uint32_t top = (uint32_t)frame->y_offset;
    uint32_t end = picture->n_rows < picture->height ? top + picture->n_rows
                                                     : info->rows.height_px;
    for (uint32_t y = 0; picture->n_rows > 0 && y < end; y++) {
        if (y >= top && y - top < picture->n_rows) {
            memcpy(row + (size_t)frame->x_offset * 3,
                    picture->pixels + (y - top) * picture->stride,
                    picture->stride);
        } else {
            memset(row, 0, row_size);
        }
        enum fovea_status status = sink->row(sink->context, row, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

/* The demuxer has checked that frames lie inside the canvas. is_whole: the file
   has all data of the frame. Where it has not libwebp may give out every row,
   of bits that stand elsewhere than they should. */
static enum fovea_status
push_frame(const WebPIterator *frame, bool is_whole,
        const struct fovea_image_info *info, const struct fovea_row_sink *sink,
        struct fovea_error *err)
{
    bool is_smaller = info->rows.width_px < info->width_px;
    struct picture picture = {
        .width = is_smaller ? info->rows.width_px : (uint32_t)frame->width,
        .height = is_smaller ? info->rows.height_px : (uint32_t)frame->height,
    };
    enum fovea_status status = decode_frame(frame, &picture, err);
    if (!status && !is_whole) {
        status = fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
                "WebP: the picture's data end before they should");
    }
    enum fovea_status pushed = push_canvas(frame, info, &picture, sink, err);
    free(picture.pixels);
    return pushed ? pushed : status;
}

/* The one picture of a file that is no animation fills its canvas. */
static enum fovea_status
check_frame(const WebPIterator *frame, const struct fovea_image_info *info,
        struct fovea_error *err)
{
    bool is_whole = (uint32_t)frame->width == info->width_px &&
            (uint32_t)frame->height == info->height_px;
    return is_whole || info->rows.width_px == info->width_px
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                      "WebP: the frame and the canvas differ in size");
}

/* info: as it was priced. */
static enum fovea_status
decode_first(const WebPDemuxer *demuxer, const WebPData *data,
        const struct fovea_webp_canvas *canvas, struct fovea_image_info *info,
        const struct fovea_limits *limits, const struct fovea_row_sink *sink,
        struct fovea_error *err)
{
    if (WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH) != info->width_px ||
            WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT) != info->height_px) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "WebP: the canvas is not %" PRIu32 "x%" PRIu32
                " as its first chunk says",
                info->width_px, info->height_px);
    }
    read_exif(demuxer, info);
    WebPIterator frame;
    if (!WebPDemuxGetFrame(demuxer, 1, &frame)) {
        return stated_size(data) > data->size
                ? fail_demux(data, err)
                : fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                          "WebP: there is no frame in it");
    }
    enum fovea_status status = fovea_webp_choose_rows(canvas, sink, info, err);
    if (!status) {
        status = check_frame(&frame, info, err);
    }
    if (!status) {
        status = fovea_decode_begin(info, limits, sink, err);
    }
    if (!status) {
        /* The byte that makes a chunk's size even may be missing. */
        bool is_whole = frame.complete || stated_size(data) <= data->size + 1;
        status = push_frame(&frame, is_whole, info, sink, err);
    }
    WebPDemuxReleaseIterator(&frame);
    return status;
}

enum fovea_status
fovea_decode_webp(struct fovea_input *input, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    struct fovea_image_info info = {
        .format = FOVEA_FORMAT_WEBP,
    };
    struct fovea_webp_canvas canvas;
    enum fovea_status status =
            fovea_webp_price(input, limits, sink, &canvas, &info, err);
    if (status) {
        return status;
    }
    WebPData data;
    WebPDataInit(&data);
    status = fovea_input_load(input, &data.bytes, &data.size, err);
    if (status) {
        return status;
    }
    FOVEA_AUTO(WebPDemuxDelete_auto) WebPDemuxer *demuxer = NULL;
    FOVEA_AUTO_FREE uint8_t *copy = NULL;
    if (!demux(&data, &demuxer) && stated_size(&data) < data.size) {
        status = mend_size(&data, &copy, err);
        if (status) {
            return status;
        }
        (void)demux(&data, &demuxer);
    }
    return demuxer
            ? decode_first(demuxer, &data, &canvas, &info, limits, sink, err)
            : fail_demux(&data, err);
}
