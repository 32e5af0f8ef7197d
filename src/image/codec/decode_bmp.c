/*
 * BMP. Rows are read by their place in the file, so that a bottom-up picture
 * needs no more memory than a row; only run-length coded ones, which have no
 * such places, stand in memory whole, one byte a pixel.
 */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "image/byte_order.h"
#include "image/codec/bmp.h"

static void
convert_bytes(const struct fovea_bmp *bmp, const uint8_t *stored, uint8_t *rgb)
{
    size_t step = bmp->bits / 8;
    for (size_t c = 0; c < FOVEA_ARRAY_LEN(bmp->channels); c++) {
        size_t at = bmp->channels[c].shift / 8;
        for (size_t i = 0; i < bmp->width_px; i++) {
            rgb[3 * i + c] = stored[i * step + at];
        }
    }
}

/* Spread over 0 to 255 and cut off, as Pillow does with 5 and 6 bits. */
static void
convert_bits(const struct fovea_bmp *bmp, const uint8_t *stored, uint8_t *rgb)
{
    size_t step = bmp->bits / 8;
    for (size_t i = 0; i < bmp->width_px; i++) {
        uint32_t pixel = (uint32_t)fovea_little_endian(stored + i * step, step);
        for (size_t c = 0; c < FOVEA_ARRAY_LEN(bmp->channels); c++) {
            const struct fovea_bmp_channel *channel = &bmp->channels[c];
            uint64_t value = (pixel & channel->mask) >> channel->shift;
            uint64_t most = channel->most ? channel->most : 1;
            rgb[3 * i + c] = (uint8_t)(value * 255 / most);
        }
    }
}

static void
convert_row(const struct fovea_bmp *bmp, const uint8_t *stored, uint8_t *rgb)
{
    switch (bmp->pixels) {
    case FOVEA_BMP_INDEX:
        fovea_palette_expand(&bmp->palette, bmp->index_bits, 1, stored,
                bmp->width_px, rgb);
        break;
    case FOVEA_BMP_BYTES:
        convert_bytes(bmp, stored, rgb);
        break;
    case FOVEA_BMP_BITS:
        convert_bits(bmp, stored, rgb);
        break;
    }
}

static uint32_t
stored_row(const struct fovea_bmp *bmp, uint32_t y)
{
    return bmp->top_down ? y : bmp->height_px - 1 - y;
}

static enum fovea_status
fail_cut(struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
            "BMP: the file ends before its pixels do");
}

/* Of a file that is cut short a picture that is stored from the bottom up loses
   its first rows, another one its last. */
static enum fovea_status
push_raw(const struct fovea_input *input, const struct fovea_bmp *bmp,
        const struct fovea_row_sink *sink, uint8_t *rgb,
        struct fovea_error *err)
{
    uint64_t stride = ((uint64_t)bmp->width_px * bmp->bits + 31) / 32 * 4;
    unsigned bits =
            bmp->pixels == FOVEA_BMP_INDEX ? bmp->index_bits : bmp->bits;
    size_t size = ((size_t)bmp->width_px * bits + 7) / 8;
    FOVEA_AUTO_FREE uint8_t *stored = malloc(size);
    if (!stored) {
        return fovea_fail_memory(err, size, "a row of a BMP");
    }
    uint64_t n_there = input->size > bmp->pixels_at
            ? (input->size - bmp->pixels_at) / stride
            : 0;
    if (n_there + 1 < bmp->height_px / 2) {
        return fail_cut(err); /* too few to be worth anything */
    }
    bool is_cut = false;
    for (uint32_t y = 0; y < bmp->height_px; y++) {
        uint64_t at = bmp->pixels_at + stored_row(bmp, y) * stride;
        size_t n = 0;
        enum fovea_status status =
                fovea_input_read(input, at, stored, size, &n, err);
        bool is_lost = n < size;
        is_cut = is_cut || is_lost;
        if (!status && !is_lost) {
            convert_row(bmp, stored, rgb);
        }
        if (!status && (!is_lost || !bmp->top_down)) {
            status = sink->row(sink->context, is_lost ? NULL : rgb, err);
        }
        if (status) {
            return status;
        }
    }
    return is_cut ? fail_cut(err) : FOVEA_OK;
}

static enum fovea_status
push_runs(const struct fovea_input *input, const struct fovea_bmp *bmp,
        const struct fovea_row_sink *sink, uint8_t *rgb,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE uint8_t *indices = calloc(bmp->height_px, bmp->width_px);
    if (!indices) {
        return fovea_fail_memory(err, (size_t)bmp->height_px * bmp->width_px,
                "the pixels of a BMP");
    }
    uint32_t n_good = 0;
    enum fovea_status status =
            fovea_bmp_read_runs(input, bmp, indices, &n_good, err);
    enum fovea_status pushed = FOVEA_OK;
    for (uint32_t y = 0; !pushed && n_good > 0 && y < bmp->height_px; y++) {
        uint32_t stored = stored_row(bmp, y);
        bool is_lost = stored >= n_good;
        if (is_lost && bmp->top_down) {
            break;
        }
        convert_row(bmp, indices + (size_t)stored * bmp->width_px, rgb);
        pushed = sink->row(sink->context, is_lost ? NULL : rgb, err);
    }
    return pushed ? pushed : status;
}

enum fovea_status
fovea_bmp_push(const struct fovea_input *input, const struct fovea_bmp *bmp,
        const struct fovea_limits *limits, const struct fovea_row_sink *sink,
        struct fovea_error *err)
{
    bool runs = bmp->compression == FOVEA_BMP_RLE8 ||
            bmp->compression == FOVEA_BMP_RLE4;
    struct fovea_image_info info = {
        .format = FOVEA_FORMAT_BMP,
        .width_px = bmp->width_px,
        .height_px = bmp->height_px,
        .orientation = 1,
        .decode_bytes = runs ? (uint64_t)bmp->width_px * bmp->height_px : 0,
    };
    enum fovea_status status = fovea_decode_begin(&info, limits, sink, err);
    if (status) {
        return status;
    }
    size_t size;
    if (!fovea_mul_size(bmp->width_px, 3, &size)) {
        return fovea_fail_memory(err, SIZE_MAX, "a row of a BMP");
    }
    FOVEA_AUTO_FREE uint8_t *rgb = malloc(size);
    if (!rgb) {
        return fovea_fail_memory(err, size, "a row of a BMP");
    }
    return runs ? push_runs(input, bmp, sink, rgb, err)
                : push_raw(input, bmp, sink, rgb, err);
}

enum fovea_status
fovea_decode_bmp(struct fovea_input *input, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    struct fovea_bmp bmp;
    enum fovea_status status = fovea_bmp_read_header(input, &bmp, err);
    return status ? status : fovea_bmp_push(input, &bmp, limits, sink, err);
}
