/* What decoding a WebP takes: see webp.h. */
#include <string.h>

#include "base/size.h"
#include "image/byte_order.h"
#include "image/codec/codec.h"
#include "image/codec/webp.h"

enum {
    HEAD_BYTES = 30, /* the RIFF header, and the first chunk's with its sides */
    /* Our RGB, for each pixel of the picture that comes; for each of the canvas,
       of a lossy one an alpha plane and what it is decoded from, of a lossless one
       its ARGB and transforms. */
    RGB_BYTES = 3,
    LOSSY_BYTES = 0,
    LOSSLESS_BYTES = 6,
    TABLES_BYTES = 2 << 20,
};

enum fovea_status
fovea_webp_choose_rows(const struct fovea_webp_canvas *canvas,
        const struct fovea_row_sink *sink, struct fovea_image_info *info,
        struct fovea_error *err)
{
    enum {
        MAX_SHRINK = 8
    };
    unsigned shrink = 1;
    enum fovea_status status = canvas->is_animated
            ? FOVEA_OK
            : fovea_decode_choose_shrink(info, sink, MAX_SHRINK, &shrink, err);
    info->rows =
            fovea_image_rows_as_stored((info->width_px + shrink - 1) / shrink,
                    (info->height_px + shrink - 1) / shrink);
    return status;
}

static struct fovea_webp_canvas
read_canvas(const uint8_t head[HEAD_BYTES])
{
    enum {
        ANIMATED = 2
    };
    const uint8_t *body = head + 20;
    struct fovea_webp_canvas canvas = {
        .pixel_bytes = LOSSLESS_BYTES, /* of an extended one either may come */
    };
    if (memcmp(head + 12, "VP8X", 4) == 0) {
        canvas.is_animated = body[0] & ANIMATED;
        canvas.width_px = (uint32_t)fovea_little_endian(body + 4, 3) + 1;
        canvas.height_px = (uint32_t)fovea_little_endian(body + 7, 3) + 1;
    } else if (memcmp(head + 12, "VP8L", 4) == 0) {
        uint32_t sides = (uint32_t)fovea_little_endian(body + 1, 4);
        canvas.width_px = (sides & 0x3fff) + 1;
        canvas.height_px = (sides >> 14 & 0x3fff) + 1;
    } else if (memcmp(head + 12, "VP8 ", 4) == 0) {
        canvas.width_px = (uint32_t)fovea_little_endian(body + 6, 2) & 0x3fff;
        canvas.height_px = (uint32_t)fovea_little_endian(body + 8, 2) & 0x3fff;
        canvas.pixel_bytes = LOSSY_BYTES;
    }
    return canvas;
}

enum fovea_status
fovea_webp_price(const struct fovea_input *input,
        const struct fovea_limits *limits, const struct fovea_row_sink *sink,
        struct fovea_webp_canvas *canvas_out, struct fovea_image_info *info,
        struct fovea_error *err)
{
    uint8_t head[HEAD_BYTES] = { 0 };
    size_t n = 0;
    enum fovea_status status =
            fovea_input_read(input, 0, head, sizeof head, &n, err);
    if (status) {
        return status;
    }
    const struct fovea_webp_canvas canvas = read_canvas(head);
    info->width_px = canvas.width_px + (canvas.width_px == 0);
    info->height_px = canvas.height_px + (canvas.height_px == 0);
    status = fovea_webp_choose_rows(&canvas, sink, info, err);
    if (status) {
        return status;
    }
    *canvas_out = canvas;
    /* A file that is longer than it says is copied, to be mended. */
    uint64_t stated = fovea_little_endian(head + 4, 4) + 8;
    uint64_t file = stated < input->size ? 2 * input->size : input->size;
    file += TABLES_BYTES;
    if (info->rows.width_px < info->width_px) {
        /* Rows of both sizes are in work. */
        file += (uint64_t)info->width_px * FOVEA_DECODE_ROW_BYTES;
    }
    uint64_t pixels = (uint64_t)info->rows.width_px * info->rows.height_px;
    info->decode_bytes = fovea_sum_bytes(file + pixels * RGB_BYTES,
            fovea_decode_passes(info, canvas.pixel_bytes));
    info->decode_work = fovea_decode_passes(info, 2);
    return fovea_decode_reserve(info, limits, sink, err);
}
