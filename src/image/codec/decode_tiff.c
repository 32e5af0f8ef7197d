/* TIFF, by libtiff: the first image of the file. */
#include <inttypes.h>

#include "base/error.h"
#include "image/codec/tiff.h"
#include "option/limits.h"

enum {
    /* A tile may be larger than the picture in it; this much is harmless. */
    MIN_TILE_PIXELS = 1 << 20
};

static enum fovea_status
check_tiles(const struct fovea_tiff *tiff, const struct fovea_limits *limits,
        struct fovea_error *err)
{
    uint64_t pixels = (uint64_t)tiff->block_width_px * tiff->block_height_px;
    uint64_t most = limits->max_pixels > MIN_TILE_PIXELS ? limits->max_pixels
                                                         : MIN_TILE_PIXELS;
    if (tiff->block_width_px == 0 || tiff->block_height_px == 0) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "TIFF: a side of the tiles is 0");
    }
    uint64_t row_bits =
            (uint64_t)tiff->block_width_px * tiff->n_samples * tiff->bits;
    if (row_bits % 8 && tiff->block_width_px < tiff->width_px) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "TIFF: tiles of %" PRIu32 " pixels a row, which is not a "
                "multiple of 16",
                tiff->block_width_px);
    }
    if (pixels > most) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_TOO_MANY_PIXELS,
                "TIFF: tiles of %" PRIu32 "x%" PRIu32
                " pixels are more than the limit of %" PRIu64 " %s",
                tiff->block_width_px, tiff->block_height_px, most,
                fovea_limit_by(FOVEA_OPTION_PIXELS));
    }
    return FOVEA_OK;
}

static enum fovea_status
decode_open(struct fovea_tiff *tiff, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    enum fovea_status status = fovea_tiff_read_layout(tiff, err);
    if (tiff->log.ended) {
        /* libtiff leaves out a tag that it cannot read, the palette too. */
        return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
                "TIFF: the file ends before its tags do");
    }
    if (status) {
        return status;
    }
    tiff->log.is_damaged = false; /* in tags that do not matter */
    tiff->log.first_error[0] = '\0';
    struct fovea_image_info info = {
        .format = FOVEA_FORMAT_TIFF,
        .width_px = tiff->width_px,
        .height_px = tiff->height_px,
        .orientation = tiff->orientation,
    };
    status = fovea_exif_taken(tiff->log.input, 0, &info.taken, err);
    if (!status && tiff->tiled) {
        status = check_tiles(tiff, limits, err);
    }
    if (!status) {
        fovea_tiff_price(tiff, &info);
        status = fovea_decode_begin(&info, limits, sink, err);
    }
    if (status) {
        return status;
    }
    return fovea_tiff_push_rows(tiff, sink, err);
}

enum fovea_status
fovea_decode_tiff(struct fovea_input *input, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    struct fovea_tiff tiff = { 0 };
    enum fovea_status status = fovea_tiff_open(input, limits, &tiff, err);
    if (status) {
        return status;
    }
    status = decode_open(&tiff, limits, sink, err);
    TIFFClose(tiff.tiff);
    free(tiff.lab);
    return status;
}
