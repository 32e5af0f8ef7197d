/*
 * Inside of the BMP decoder: what the header says, the run-length coded pixels,
 * and what the pictures in an icon need.
 */
#ifndef FOVEA_IMAGE_CODEC_BMP_H
#define FOVEA_IMAGE_CODEC_BMP_H

#include "image/codec/codec.h"
#include "image/codec/palette.h"

enum fovea_bmp_compression {
    FOVEA_BMP_RAW = 0,
    FOVEA_BMP_RLE8 = 1,
    FOVEA_BMP_RLE4 = 2,
    FOVEA_BMP_BITFIELDS = 3,
    FOVEA_BMP_ALPHABITFIELDS = 6, /* Windows CE */
};

/* How a stored row becomes RGB. */
enum fovea_bmp_pixels {
    FOVEA_BMP_INDEX, /* index_bits each, through the palette */
    FOVEA_BMP_BYTES, /* each channel is a byte */
    FOVEA_BMP_BITS,  /* some bits a channel */
};

/* Where a channel is in a pixel, which is a little-endian number. */
struct fovea_bmp_channel {
    uint32_t mask;
    unsigned shift; /* of the mask's lowest bit */
    uint32_t most;  /* value: all bits of the mask */
};

struct fovea_bmp {
    uint32_t header_size; /* of the part behind the 14 bytes of file header */
    uint32_t width_px;
    uint32_t height_px;
    bool top_down;
    unsigned bits; /* of a stored pixel */
    uint32_t compression;
    uint32_t n_colours;
    uint64_t pixels_at;

    enum fovea_bmp_pixels pixels;
    unsigned index_bits;
    struct fovea_bmp_channel channels[3]; /* red, green, blue */
    struct fovea_palette palette;
};

/**
 * Read and check everything before the pixels.
 *
 * @return FOVEA_OK; FOVEA_ERR_IMAGE_TRUNCATED, _CORRUPT, _UNSUPPORTED;
 *         FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_bmp_read_header(
        const struct fovea_input *input, struct fovea_bmp *bmp,
        struct fovea_error *err);

/** The same for a picture in an icon, which has no header of a file. */
FOVEA_NODISCARD enum fovea_status fovea_bmp_read_bare_header(
        const struct fovea_input *input, struct fovea_bmp *bmp,
        struct fovea_error *err);

/** Begin, and push all rows: what comes after the header. */
FOVEA_NODISCARD enum fovea_status fovea_bmp_push(
        const struct fovea_input *input, const struct fovea_bmp *bmp,
        const struct fovea_limits *limits, const struct fovea_row_sink *sink,
        struct fovea_error *err);

/**
 * Unpack run-length coded pixels.
 *
 * @param indices  [height_px][width_px], zeroed before; the first row is the
 *                 first one stored, which is the bottom one as a rule.
 * @param n_good_out  Rows stored before what is wrong; on success all.
 * @return FOVEA_OK; FOVEA_ERR_IMAGE_TRUNCATED if the input ends before the
 *         picture is full or its end mark is seen; FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_bmp_read_runs(
        const struct fovea_input *input, const struct fovea_bmp *bmp,
        uint8_t *indices, uint32_t *n_good_out, struct fovea_error *err);

#endif
