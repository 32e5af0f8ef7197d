/*
 * What decoding a TIFF will take, from its tags.
 *
 * libtiff holds a strip or tile as it is stored, and decoded where it is not
 * read by rows; how much its codecs keep besides follows from what they are.
 * Each block is decoded in full, however little of it lies inside the picture.
 */
#include "base/size.h"
#include "image/codec/tiff.h"

enum {
    TABLES_BYTES = 1 << 20,
    JPEG_BYTES = 100 << 20, /* libtiff refuses scans that need more */
    LZMA_BYTES = 80 << 20,  /* the dictionary of its highest setting */
    ZSTD_BYTES = 130 << 20, /* the widest window that is taken by itself */
    WEBP_PIXEL_BYTES = 13,
    OFFSET_BYTES =
            24, /* where a block is, how long, and the tag they are from */
    /* Starting on a block costs as much as that many pixels. */
    BLOCK_PIXELS = 4096,
};

static uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The longest block as it is stored; not more than the file has. */
static uint64_t
stored_bytes(const struct fovea_tiff *tiff, uint32_t n_blocks)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < n_blocks; i++) {
        uint64_t bytes = TIFFGetStrileByteCount(tiff->tiff, i);
        most = bytes > most ? bytes : most;
    }
    return least(most, tiff->log.input->size);
}

/* What the codec keeps of a block. */
static uint64_t
codec_bytes(const struct fovea_tiff *tiff, uint64_t block_pixels,
        uint64_t block_bytes)
{
    switch (tiff->compression) {
    case COMPRESSION_JPEG:
    case COMPRESSION_OJPEG:
        return least(fovea_product_bytes(block_pixels,
                             UINT64_C(2) * tiff->n_samples),
                JPEG_BYTES);
    case COMPRESSION_LZMA:
        return LZMA_BYTES;
    case COMPRESSION_ZSTD:
        return least(block_bytes, ZSTD_BYTES);
    case COMPRESSION_WEBP:
        return fovea_product_bytes(block_pixels, WEBP_PIXEL_BYTES);
    case COMPRESSION_PIXARLOG:
    case COMPRESSION_SGILOG:
    case COMPRESSION_SGILOG24:
    case COMPRESSION_LERC:
        return fovea_product_bytes(block_bytes, 4);
    default:
        return 0;
    }
}

/* What we keep: a band of the picture, a block, libtiff's RGBA. */
static uint64_t
band_bytes(const struct fovea_tiff *tiff, uint64_t block_bytes)
{
    if (fovea_tiff_is_read_by_rows(tiff)) {
        return 0;
    }
    uint64_t rows = least(tiff->block_height_px, tiff->height_px);
    uint64_t pixels = rows * tiff->width_px;
    if (tiff->pixels == FOVEA_TIFF_VIA_RGBA) {
        return fovea_sum_bytes(pixels * sizeof(uint32_t),
                fovea_product_bytes(block_bytes,
                        tiff->separate ? tiff->n_samples : 1));
    }
    uint64_t pixel_bits =
            (uint64_t)tiff->n_samples * (tiff->separate ? 8 : tiff->bits);
    return fovea_sum_bytes(fovea_product_bytes(pixels, pixel_bits) / 8 + rows,
            block_bytes);
}

void
fovea_tiff_price(const struct fovea_tiff *tiff, struct fovea_image_info *info)
{
    uint32_t n_blocks = tiff->tiled ? TIFFNumberOfTiles(tiff->tiff)
                                    : TIFFNumberOfStrips(tiff->tiff);
    uint64_t block_bytes = tiff->tiled ? TIFFTileSize64(tiff->tiff)
                                       : TIFFStripSize64(tiff->tiff);
    uint64_t block_pixels =
            (uint64_t)tiff->block_width_px * tiff->block_height_px;
    uint64_t stored = stored_bytes(tiff, n_blocks);
    info->decode_bytes = fovea_sum_bytes(TABLES_BYTES +
                    (uint64_t)n_blocks * OFFSET_BYTES + stored,
            fovea_sum_bytes(band_bytes(tiff, block_bytes),
                    codec_bytes(tiff, block_pixels, block_bytes)));
    unsigned n_planes = tiff->separate ? tiff->n_samples : 1;
    info->decode_work = fovea_product_bytes(n_blocks / n_planes,
            fovea_sum_bytes(block_pixels, (uint64_t)BLOCK_PIXELS * n_planes));
}
