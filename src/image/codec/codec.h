/*
 * What every codec includes: one function a format (base/format.def), and what
 * they share. decode.c, which chooses among them, stands above them.
 *
 * Each decoder reads its header, states in the info what decoding will cost,
 * calls fovea_decode_begin() (limits, memory, then the sink's begin) before it
 * takes memory for pixels, and pushes every row. What Pillow's convert("RGB")
 * would give is what the rows hold, bit for bit, but for what docs/PIXELS.md
 * lists.
 *
 * At the first damage of pixels it has pushed all rows that it is sure of, and
 * fails with FOVEA_ERR_IMAGE_TRUNCATED or _CORRUPT; it decides nothing
 * (damage.h). Where a file ends before its first rows, as one that has its rows
 * from the bottom up does, it may push NULL for each of those.
 */
#ifndef FOVEA_IMAGE_CODEC_CODEC_H
#define FOVEA_IMAGE_CODEC_CODEC_H

#include "image/image.h"

typedef enum fovea_status fovea_decode_fn(struct fovea_input *input,
        const struct fovea_limits *limits, const struct fovea_row_sink *sink,
        struct fovea_error *err);

#define FOVEA_FORMAT(name, codec, text, title, endings) \
    fovea_decode_fn fovea_decode_##codec;
#include "base/format.def"

enum {
    /* Of any decoder, for each pixel of a row: rows that it keeps, in up to
       four samples of 16 bits. */
    FOVEA_DECODE_ROW_BYTES = 64,
};

/** n passes over the picture; UINT64_MAX if that is more. */
uint64_t fovea_decode_passes(const struct fovea_image_info *info, uint64_t n);

/** Not more of it than the limit? FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_decode_check_bytes(
        const struct fovea_image_info *info, const struct fovea_limits *limits,
        uint64_t decode_bytes, struct fovea_error *err);

/** Not more of it than the limit? FOVEA_ERR_IMAGE_TOO_COSTLY. */
FOVEA_NODISCARD enum fovea_status fovea_decode_check_work(
        const struct fovea_image_info *info, const struct fovea_limits *limits,
        uint64_t decode_work, struct fovea_error *err);

/**
 * How many times smaller than stored the rows may be, in both directions: the
 * largest of 1, 2, 4, ... up to `most` that leaves the sides which the sink wants
 * at least.
 */
FOVEA_NODISCARD enum fovea_status fovea_decode_choose_shrink(
        const struct fovea_image_info *info, const struct fovea_row_sink *sink,
        unsigned most, unsigned *shrink_out, struct fovea_error *err);

/**
 * Check the limits and ask for the memory, for a format that loads the file
 * before it knows all that fovea_decode_begin() is told. What that is told
 * later must not cost more.
 *
 * @return as fovea_decode_begin(), less the sink's begin.
 */
FOVEA_NODISCARD enum fovea_status fovea_decode_reserve(
        const struct fovea_image_info *info, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err);

/**
 * Check sides, pixels, memory and work against the limits, ask for the memory,
 * then start the sink.
 *
 * @return FOVEA_OK; FOVEA_ERR_IMAGE_CORRUPT if a side is 0;
 *         FOVEA_ERR_IMAGE_SIDE_TOO_LONG; FOVEA_ERR_IMAGE_TOO_MANY_PIXELS;
 *         FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY; FOVEA_ERR_IMAGE_TOO_COSTLY; what
 *         the sink's reserve and begin returned.
 */
FOVEA_NODISCARD enum fovea_status fovea_decode_begin(
        const struct fovea_image_info *info, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err);

#endif
