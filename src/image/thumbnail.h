/* A small JPEG of an image, upright, in the colours that a model sees. */
#ifndef FOVEA_IMAGE_THUMBNAIL_H
#define FOVEA_IMAGE_THUMBNAIL_H

#include "image/preprocess.h"

struct fovea_thumbnail {
    uint32_t side_px; /* the longer one, at most */
    uint8_t *pixels;  /* [side_px][side_px][3], to work in */
    uint8_t *jpeg;    /* [capacity] */
    size_t capacity;  /* at least a byte for each of these pixels and 1 KiB */
    size_t size;      /* of what was made */
};

/**
 * Make it. An image that is smaller is not enlarged.
 *
 * @param limits     Every field set.
 * @param allowance  NULL: any memory may be taken.
 * @param info_out   What the header said; written on success.
 * @return as fovea_image_decode(), notes in err included.
 * Threads: no shared state.
 */
FOVEA_NODISCARD enum fovea_status fovea_thumbnail_make(
        struct fovea_thumbnail *thumbnail, const struct fovea_limits *limits,
        const struct fovea_allowance *allowance, struct fovea_input *input,
        struct fovea_image_info *info_out, struct fovea_error *err);

#endif
