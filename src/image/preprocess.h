/*
 * Decode, orient, resize and crop as one stream: the pixels a model sees.
 */
#ifndef FOVEA_IMAGE_PREPROCESS_H
#define FOVEA_IMAGE_PREPROCESS_H

#include "image/image.h"
#include "image/resample.h"
#include "spec/pixels.h"

/** Whom decoding asks for memory. */
struct fovea_allowance {
    void *context;
    /* The one answer for an image: may it take so much, all in all? Nothing is
       taken before; what was allowed is free again when the image is done. */
    enum fovea_status (
            *ask)(void *context, uint64_t bytes, struct fovea_error *err);
};

/**
 * Turn an image into the uint8 pixels that Hugging Face's image processors would
 * give, those on Pillow or those on torchvision, every sample equal.
 *
 * @param limits  Every field set.
 * @param allowance  NULL: any memory may be taken.
 * @param info_out  What the header said; written on success. NULL: nobody asks.
 * @param pixels  [crop_height_px][crop_width_px][3], R, G, B; of
 *                FOVEA_RESIZE_WITHIN as many rows of as many pixels as
 *                fovea_preprocess_plan() says of the info; unspecified on
 *                failure.
 * @return as fovea_image_decode(), notes in err included.
 * Threads: no shared state; safe on distinct inputs and outputs.
 */
FOVEA_NODISCARD enum fovea_status fovea_preprocess_image(
        const struct fovea_preprocess *settings,
        const struct fovea_limits *limits,
        const struct fovea_allowance *allowance, struct fovea_input *input,
        uint8_t *pixels, struct fovea_image_info *info_out,
        struct fovea_error *err);

/**
 * Plan the resize of an image: sizes and crop window as the settings want them.
 *
 * @return FOVEA_OK; FOVEA_ERR_IMAGE_UNSUPPORTED if one side is so much longer
 *         than the other that the resized image cannot be.
 */
FOVEA_NODISCARD enum fovea_status fovea_preprocess_plan(
        const struct fovea_preprocess *settings,
        const struct fovea_image_info *info,
        struct fovea_resample_plan *plan_out, struct fovea_error *err);

#endif
