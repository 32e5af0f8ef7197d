/*
 * Inside of the TIFF decoder.
 *
 *   decode_tiff.c  limits, and the order of it all
 *   tiff_log.c     opening, reading, the errors of libtiff
 *   tiff_layout.c  what the tags say: which pixels are stored, and how
 *   tiff_price.c   what decoding them will take
 *   tiff_rows.c    rows out of strips, tiles and planes
 *   tiff_convert.c a row of stored samples to RGB
 *   tiff_lab.c     L*a*b* among them
 */
#ifndef FOVEA_IMAGE_CODEC_TIFF_H
#define FOVEA_IMAGE_CODEC_TIFF_H

#include <tiffio.h>

#include "image/codec/codec.h"
#include "image/codec/palette.h"

enum {
    FOVEA_TIFF_MAX_SAMPLES = 6,
    FOVEA_TIFF_MAX_CHANNELS = 4 /* of them, those that count */
};

enum fovea_tiff_pixels {
    FOVEA_TIFF_INDEX,         /* 1, 2, 4, 8 bits through the palette */
    FOVEA_TIFF_GREY,          /* 12 or 16 bits, the high 8 of them */
    FOVEA_TIFF_RGB,           /* 8 or 16 bits */
    FOVEA_TIFF_PREMULTIPLIED, /* RGB that was multiplied by the alpha */
    FOVEA_TIFF_CMYK,
    FOVEA_TIFF_LAB,
    FOVEA_TIFF_VIA_RGBA, /* libtiff's own conversion: YCbCr */
};

/* What libtiff read, and what it said about that. */
struct fovea_tiff_log {
    const struct fovea_input *input;
    uint64_t offset;
    uint64_t n_left;       /* bytes that may still be read */
    bool ended;            /* bytes were asked for that are not there */
    bool pads;             /* and come as zeros: whoever asks looks after it */
    bool is_damaged;       /* something that was read does not fit */
    bool io_failed;        /* io_error holds why */
    char first_error[160]; /* empty: none */
    struct fovea_error io_error;
};

struct fovea_tiff {
    TIFF *tiff;
    struct fovea_tiff_log log;
    uint32_t width_px;
    uint32_t height_px;
    uint32_t block_width_px; /* of a tile; the image's for strips */
    uint32_t block_height_px;
    bool tiled;
    bool separate; /* a plane for each sample */
    uint16_t compression;
    uint16_t photometric;
    uint16_t bits; /* of a sample */
    uint16_t n_samples;
    uint16_t sample_format;
    uint16_t first_extra; /* EXTRASAMPLE_*, if n_extra is not 0 */
    uint16_t n_extra;
    bool extra_is_given; /* else libtiff has guessed it */
    unsigned orientation;
    enum fovea_tiff_pixels pixels;
    struct fovea_palette palette;
    TIFFCIELabToRGB *lab; /* for FOVEA_TIFF_LAB; to be freed */
};

/** Let libtiff open an input; the caller closes tiff->tiff. */
FOVEA_NODISCARD enum fovea_status fovea_tiff_open(
        const struct fovea_input *input, const struct fovea_limits *limits,
        struct fovea_tiff *tiff, struct fovea_error *err);

/**
 * Read the tags that matter and choose how to read the pixels.
 *
 * @return FOVEA_OK; FOVEA_ERR_IMAGE_CORRUPT; FOVEA_ERR_IMAGE_UNSUPPORTED, which
 *         says what is not.
 */
FOVEA_NODISCARD enum fovea_status fovea_tiff_read_layout(
        struct fovea_tiff *tiff, struct fovea_error *err);

/** Make what fovea_tiff_convert_lab() needs. */
FOVEA_NODISCARD enum fovea_status fovea_tiff_create_lab(struct fovea_tiff *tiff,
        struct fovea_error *err);

/** A pixel of L*a*b*, its samples' high bytes, to RGB. */
void fovea_tiff_convert_lab(const struct fovea_tiff *tiff, const uint8_t *lab,
        uint8_t *rgb);

/** Fill in what decoding will take. */
void fovea_tiff_price(const struct fovea_tiff *tiff,
        struct fovea_image_info *info);

/** Whether strips are decoded a row at a time. */
bool fovea_tiff_is_read_by_rows(const struct fovea_tiff *tiff);

/** Decode all rows into the sink, which was begun. */
FOVEA_NODISCARD enum fovea_status fovea_tiff_push_rows(struct fovea_tiff *tiff,
        const struct fovea_row_sink *sink, struct fovea_error *err);

/** The failure of a call of libtiff, from what it logged. */
enum fovea_status fovea_tiff_fail(const struct fovea_tiff *tiff,
        struct fovea_error *err);

/** Whether the codec made up pixels that are not in the file, or stepped over
 *  damage. */
FOVEA_NODISCARD enum fovea_status fovea_tiff_check_damage(
        const struct fovea_tiff *tiff, struct fovea_error *err);

/**
 * Turn a row of stored samples into RGB.
 *
 * @param bits       Of a sample, in the machine's byte order.
 * @param n_samples  Of a pixel.
 * @param rgb        [width_px][3].
 */
void fovea_tiff_convert_row(const struct fovea_tiff *tiff, unsigned bits,
        size_t n_samples, const uint8_t *stored, uint8_t *rgb);

#endif
