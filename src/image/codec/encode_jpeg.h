/* A small picture to a JPEG: of thumbnails. */
#ifndef FOVEA_IMAGE_CODEC_ENCODE_JPEG_H
#define FOVEA_IMAGE_CODEC_ENCODE_JPEG_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

struct fovea_rgb_picture {
    const uint8_t *pixels; /* [height_px][width_px][3] */
    uint32_t width_px;     /* 1..65535 */
    uint32_t height_px;
};

/**
 * Encode it: baseline, JFIF, colours of half the size; nothing else is in it.
 *
 * @param quality   1..100, as libjpeg's.
 * @param size_out  0 where it does not fit.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY; FOVEA_ERR_INTERNAL.
 */
FOVEA_NODISCARD enum fovea_status fovea_encode_jpeg(
        const struct fovea_rgb_picture *picture, int quality, uint8_t *jpeg,
        size_t capacity, size_t *size_out, struct fovea_error *err);

#endif
