/*
 * Inside of image/: one function a format, and what the formats share.
 *
 * Each decoder reads its header, calls fovea_decode_begin() (limits, then the
 * sink's begin) before it takes memory for pixels, and pushes every row. What
 * Pillow's convert("RGB") would give is what the rows hold, bit for bit, but for
 * what docs/PIXELS.md lists.
 *
 * At the first damage of pixels it has pushed all rows that it is sure of, and
 * fails with FOVEA_ERR_IMAGE_TRUNCATED or _CORRUPT; it decides nothing
 * (damage.h). Where a file ends before its first rows, as one that has its rows
 * from the bottom up does, it may push NULL for each of those.
 */
#ifndef FOVEA_IMAGE_DECODE_H
#define FOVEA_IMAGE_DECODE_H

#include "image/image.h"

typedef enum fovea_status fovea_decode_fn(struct fovea_input *input,
        const struct fovea_limits *limits, const struct fovea_row_sink *sink,
        struct fovea_error *err);

fovea_decode_fn fovea_decode_jpeg;
fovea_decode_fn fovea_decode_png;
fovea_decode_fn fovea_decode_webp;
fovea_decode_fn fovea_decode_gif;
fovea_decode_fn fovea_decode_tiff;
fovea_decode_fn fovea_decode_heif;
fovea_decode_fn fovea_decode_bmp;
fovea_decode_fn fovea_decode_raw;

/** Note that a good picture is a raw photograph's preview. */
void fovea_raw_note(const struct fovea_image_info *info,
        struct fovea_error *err);

/**
 * Check sides and pixels against the limits, then start the sink.
 *
 * @return FOVEA_OK; FOVEA_ERR_IMAGE_CORRUPT if a side is 0;
 *         FOVEA_ERR_IMAGE_SIDE_TOO_LONG; FOVEA_ERR_IMAGE_TOO_MANY_PIXELS; what
 *         the sink's begin returned.
 */
FOVEA_NODISCARD enum fovea_status fovea_decode_begin(
        const struct fovea_image_info *info, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err);

#endif
