/*
 * Rows out of a TIFF's strips, tiles and planes.
 *
 * Strips of whole pixels are decoded row by row where their compression does
 * not care. All else is put together a band at a time: the rows of one strip or
 * one row of tiles, as wide as the image. A band is a tile or strip high, so a
 * picture that is a single strip of planes, of fax or PackBits data, or of
 * YCbCr without JPEG, stands in memory whole.
 */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "image/codec/tiff.h"

/* Some rows of the image, put together from blocks. */
struct band {
    uint8_t *pixels; /* [rows][stride] */
    size_t stride;
    unsigned bits;    /* of a sample in the band */
    size_t n_samples; /* of a pixel in the band */
    uint8_t *block;   /* a strip or tile as it is decoded */
    size_t block_size;
    size_t block_stride;
};

static void
finish_band(struct band *band)
{
    free(band->pixels);
    free(band->block);
}

static size_t
packed_size(size_t n_pixels, size_t n_samples, unsigned bits)
{
    return (n_pixels * n_samples * bits + 7) / 8;
}

/* Rows that are not compressed have their places, in the file or behind its end,
   whatever size their strip is said to have. */
static bool
is_there(const struct fovea_tiff *tiff, uint32_t y, size_t row_size)
{
    if (tiff->compression != COMPRESSION_NONE) {
        return true;
    }
    uint32_t strip = TIFFComputeStrip(tiff->tiff, y, 0);
    uint64_t at = TIFFGetStrileOffset(tiff->tiff, strip);
    uint64_t size = ((uint64_t)(y % tiff->block_height_px) + 1) * row_size;
    return fovea_bytes_left(tiff->log.input->size, at) >= size;
}

static enum fovea_status
push_scanlines(struct fovea_tiff *tiff, const struct fovea_row_sink *sink,
        uint8_t *rgb, struct fovea_error *err)
{
    tmsize_t size = TIFFScanlineSize(tiff->tiff);
    if (size <= 0 ||
            (size_t)size <
                    packed_size(tiff->width_px, tiff->n_samples, tiff->bits)) {
        return fovea_tiff_fail(tiff, err);
    }
    FOVEA_AUTO_FREE uint8_t *stored = calloc(1, (size_t)size);
    if (!stored) {
        return fovea_fail_memory(err, (size_t)size, "a row of a TIFF");
    }
    tiff->log.pads = tiff->compression == COMPRESSION_NONE;
    for (uint32_t y = 0; y < tiff->height_px; y++) {
        tiff->log.ended |= !is_there(tiff, y, (size_t)size);
        if (tiff->log.ended ||
                TIFFReadScanline(tiff->tiff, stored, y, 0) != 1) {
            return fovea_tiff_fail(tiff, err);
        }
        enum fovea_status status = fovea_tiff_check_damage(tiff, err);
        if (!status) {
            fovea_tiff_convert_row(tiff, tiff->bits, tiff->n_samples, stored,
                    rgb);
            status = sink->row(sink->context, rgb, err);
        }
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
start_band(struct fovea_tiff *tiff, struct band *band, struct fovea_error *err)
{
    tmsize_t block =
            tiff->tiled ? TIFFTileSize(tiff->tiff) : TIFFStripSize(tiff->tiff);
    tmsize_t row = tiff->tiled ? TIFFTileRowSize(tiff->tiff)
                               : TIFFScanlineSize(tiff->tiff);
    size_t in_block = tiff->separate ? 1 : tiff->n_samples;
    if (block <= 0 || row <= 0 ||
            (size_t)row <
                    packed_size(tiff->block_width_px, in_block, tiff->bits) ||
            (size_t)block / (size_t)row < tiff->block_height_px) {
        return fovea_tiff_fail(tiff, err);
    }
    band->block_size = (size_t)block;
    band->block_stride = (size_t)row;
    band->bits = tiff->bits;
    band->n_samples = tiff->n_samples;
    if (tiff->separate) {
        band->bits = 8; /* planes of 16 bits give their high bytes */
        band->n_samples = tiff->n_samples < FOVEA_TIFF_MAX_CHANNELS
                ? tiff->n_samples
                : FOVEA_TIFF_MAX_CHANNELS;
    }
    band->stride = packed_size(tiff->width_px, band->n_samples, band->bits);
    uint32_t rows = tiff->block_height_px < tiff->height_px
            ? tiff->block_height_px
            : tiff->height_px;
    size_t size;
    if (!fovea_mul_size(band->stride, rows, &size)) {
        return fovea_fail_memory(err, SIZE_MAX, "a band of a TIFF");
    }
    band->pixels = calloc(1, size);
    band->block = calloc(1, band->block_size);
    if (!band->pixels || !band->block) {
        return fovea_fail_memory(err, size + band->block_size,
                "a band of a TIFF");
    }
    return FOVEA_OK;
}

/* The decoded block has whole pixels: copy its rows, whatever their bits. The
   widths of tiles were checked, so that each begins at a whole byte. */
static void
copy_block(const struct fovea_tiff *tiff, const struct band *band, uint32_t x,
        uint32_t width, uint32_t rows)
{
    size_t at = packed_size(x, tiff->n_samples, tiff->bits);
    size_t size = packed_size(width, tiff->n_samples, tiff->bits);
    for (size_t y = 0; y < rows; y++) {
        memcpy(band->pixels + y * band->stride + at,
                band->block + y * band->block_stride, size);
    }
}

static void
copy_plane(const struct fovea_tiff *tiff, const struct band *band, uint32_t x,
        uint32_t width, uint32_t rows, unsigned plane)
{
    size_t bytes = tiff->bits / 8;
    for (size_t y = 0; y < rows; y++) {
        const uint8_t *from =
                band->block + y * band->block_stride + (bytes - 1);
        uint8_t *to =
                band->pixels + y * band->stride + x * band->n_samples + plane;
        for (size_t i = 0; i < width; i++) {
            to[i * band->n_samples] = from[i * bytes];
        }
    }
}

static bool
read_block(struct fovea_tiff *tiff, const struct band *band, uint32_t x,
        uint32_t y, uint16_t plane)
{
    tmsize_t size = (tmsize_t)band->block_size;
    if (tiff->tiled) {
        uint32_t tile = TIFFComputeTile(tiff->tiff, x, y, 0, plane);
        return TIFFReadEncodedTile(tiff->tiff, tile, band->block, size) >= 0;
    }
    uint32_t strip = TIFFComputeStrip(tiff->tiff, y, plane);
    return TIFFReadEncodedStrip(tiff->tiff, strip, band->block, size) >= 0;
}

static enum fovea_status
fill_band(struct fovea_tiff *tiff, const struct band *band, uint32_t y,
        uint32_t rows, struct fovea_error *err)
{
    unsigned n_planes = tiff->separate ? (unsigned)band->n_samples : 1;
    for (unsigned plane = 0; plane < n_planes; plane++) {
        for (uint64_t x = 0; x < tiff->width_px; x += tiff->block_width_px) {
            uint32_t left = tiff->width_px - (uint32_t)x;
            uint32_t width =
                    left < tiff->block_width_px ? left : tiff->block_width_px;
            if (!read_block(tiff, band, (uint32_t)x, y, (uint16_t)plane)) {
                return fovea_tiff_fail(tiff, err);
            }
            enum fovea_status status = fovea_tiff_check_damage(tiff, err);
            if (status) {
                return status;
            }
            if (tiff->separate) {
                copy_plane(tiff, band, (uint32_t)x, width, rows, plane);
            } else {
                copy_block(tiff, band, (uint32_t)x, width, rows);
            }
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
push_bands(struct fovea_tiff *tiff, const struct fovea_row_sink *sink,
        uint8_t *rgb, struct fovea_error *err)
{
    FOVEA_AUTO(finish_band) struct band band = { 0 };
    enum fovea_status status = start_band(tiff, &band, err);
    for (uint64_t y = 0; !status && y < tiff->height_px;
            y += tiff->block_height_px) {
        uint32_t left = tiff->height_px - (uint32_t)y;
        uint32_t rows =
                left < tiff->block_height_px ? left : tiff->block_height_px;
        status = fill_band(tiff, &band, (uint32_t)y, rows, err);
        for (size_t i = 0; !status && i < rows; i++) {
            fovea_tiff_convert_row(tiff, band.bits, band.n_samples,
                    band.pixels + i * band.stride, rgb);
            status = sink->row(sink->context, rgb, err);
        }
    }
    return status;
}

FOVEA_DEFINE_AUTO(TIFFRGBAImage *, TIFFRGBAImageEnd);

static enum fovea_status
push_rgba_rows(const uint32_t *raster, uint32_t width, uint32_t rows,
        const struct fovea_row_sink *sink, uint8_t *rgb,
        struct fovea_error *err)
{
    for (size_t y = 0; y < rows; y++) {
        for (size_t x = 0; x < width; x++) {
            uint32_t pixel = raster[y * width + x];
            rgb[3 * x] = (uint8_t)TIFFGetR(pixel);
            rgb[3 * x + 1] = (uint8_t)TIFFGetG(pixel);
            rgb[3 * x + 2] = (uint8_t)TIFFGetB(pixel);
        }
        enum fovea_status status = sink->row(sink->context, rgb, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
push_rgba_image(struct fovea_tiff *tiff, TIFFRGBAImage *image,
        const struct fovea_row_sink *sink, uint8_t *rgb,
        struct fovea_error *err)
{
    uint32_t block = tiff->block_height_px < tiff->height_px
            ? tiff->block_height_px
            : tiff->height_px;
    FOVEA_AUTO_FREE uint32_t *raster =
            calloc((size_t)tiff->width_px * block, sizeof *raster);
    if (!raster) {
        return fovea_fail_memory(err, (size_t)tiff->width_px * block * 4,
                "a band of a TIFF");
    }
    for (uint64_t y = 0; y < tiff->height_px; y += block) {
        uint32_t left = tiff->height_px - (uint32_t)y;
        uint32_t rows = left < block ? left : block;
        image->row_offset = (int)y;
        if (!TIFFRGBAImageGet(image, raster, tiff->width_px, rows)) {
            return fovea_tiff_fail(tiff, err);
        }
        enum fovea_status status = fovea_tiff_check_damage(tiff, err);
        if (!status) {
            status = push_rgba_rows(raster, tiff->width_px, rows, sink, rgb,
                    err);
        }
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
push_via_rgba(struct fovea_tiff *tiff, const struct fovea_row_sink *sink,
        uint8_t *rgb, struct fovea_error *err)
{
    char message[1024] = "";
    TIFFRGBAImage image;
    if (!TIFFRGBAImageOK(tiff->tiff, message) ||
            !TIFFRGBAImageBegin(&image, tiff->tiff, 1, message)) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED, "TIFF: %.160s",
                message);
    }
    FOVEA_AUTO(TIFFRGBAImageEnd_auto) TIFFRGBAImage *ending = &image;
    ending->req_orientation = ending->orientation; /* rows as stored */
    return push_rgba_image(tiff, ending, sink, rgb, err);
}

/* PackBits runs go on from row to row in some files, against the specification,
   and the fax decoders mend damage by the strip: asked for a single row,
   libtiff loses the rest of such a run. */
bool
fovea_tiff_is_read_by_rows(const struct fovea_tiff *tiff)
{
    if (tiff->tiled || tiff->separate || tiff->pixels == FOVEA_TIFF_VIA_RGBA) {
        return false;
    }
    switch (tiff->compression) {
    case COMPRESSION_NONE:
    case COMPRESSION_LZW:
    case COMPRESSION_JPEG:
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_LZMA:
    case COMPRESSION_ZSTD:
    case COMPRESSION_WEBP:
        return true;
    default:
        return false;
    }
}

enum fovea_status
fovea_tiff_push_rows(struct fovea_tiff *tiff, const struct fovea_row_sink *sink,
        struct fovea_error *err)
{
    size_t size;
    if (!fovea_mul_size(tiff->width_px, 3, &size)) {
        return fovea_fail_memory(err, SIZE_MAX, "a row of a TIFF");
    }
    FOVEA_AUTO_FREE uint8_t *rgb = malloc(size);
    if (!rgb) {
        return fovea_fail_memory(err, size, "a row of a TIFF");
    }
    if (tiff->pixels == FOVEA_TIFF_VIA_RGBA) {
        return push_via_rgba(tiff, sink, rgb, err);
    }
    return fovea_tiff_is_read_by_rows(tiff)
            ? push_scanlines(tiff, sink, rgb, err)
            : push_bands(tiff, sink, rgb, err);
}
