/* JPEG XL, composed by libjxl's encoder. */
#ifndef FOVEA_SUPPORT_IMAGE_JPEGXL_H
#define FOVEA_SUPPORT_IMAGE_JPEGXL_H

#include "support/pictures.h"

struct jpegxl {
    uint32_t width;
    uint32_t height;
    uint32_t n_channels; /* 3, or 4 with alpha */
    bool is_lossless;
    bool is_modular;
    bool is_squeezed;
    uint32_t n_frames; /* of one picture, over each other; 0: one */
    bool is_animated;  /* they follow each other */
};

/** Of samples of 8 bits, [height][width][n_channels]. */
struct picture picture_jpegxl(const struct jpegxl *how, const uint8_t *pixels);

#endif
