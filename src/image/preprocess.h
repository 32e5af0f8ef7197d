/*
 * Decode, orient, resize and crop as one stream: the pixels a model sees.
 */
#ifndef FOVEA_IMAGE_PREPROCESS_H
#define FOVEA_IMAGE_PREPROCESS_H

#include "base/preprocess.h"
#include "image/image.h"

/**
 * Turn an image into the uint8 pixels that Pillow and Hugging Face's
 * CLIPImageProcessor would give, every sample equal.
 *
 * @param limits  Every field set.
 * @param pixels  [crop_height_px][crop_width_px][3], R, G, B; unspecified on
 *                failure.
 * @return as fovea_image_decode().
 * Threads: no shared state; safe on distinct inputs and outputs.
 */
FOVEA_NODISCARD enum fovea_status fovea_preprocess_image(
        const struct fovea_preprocess *settings,
        const struct fovea_limits *limits, struct fovea_input *input,
        uint8_t *pixels, struct fovea_error *err);

#endif
