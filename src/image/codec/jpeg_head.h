/* What stands before a JPEG's first scan: its orientation, and its frame. */
#ifndef FOVEA_IMAGE_CODEC_JPEG_HEAD_H
#define FOVEA_IMAGE_CODEC_JPEG_HEAD_H

#include "image/exif.h"

/** Fields are 0 where nothing says them. */
struct fovea_jpeg_head {
    struct fovea_exif exif; /* of the first segment of it */
    /* of the first frame: */
    uint8_t marker; /* c0: baseline, c1: extended, c2: progressive, ... */
    uint8_t precision;
    uint8_t n_components;
    uint32_t width_px;
    uint32_t height_px;
};

/**
 * Walk over the segments. Never complains about the file: the decoder will.
 *
 * @return FOVEA_OK, FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_jpeg_read_head(
        const struct fovea_input *input, struct fovea_jpeg_head *head_out,
        struct fovea_error *err);

#endif
