/* Inside of the WebP decoder: what is known before the file is loaded. */
#ifndef FOVEA_IMAGE_CODEC_WEBP_H
#define FOVEA_IMAGE_CODEC_WEBP_H

#include <stdbool.h>

#include "image/image.h"

/* What the first chunk says of the canvas. Sides of 0: it says nothing that
   libwebp would take. */
struct fovea_webp_canvas {
    uint32_t width_px;
    uint32_t height_px;
    uint64_t pixel_bytes; /* beside our RGB */
    bool is_animated;
};

/** Smaller rows than stored, where they will do; of an animation they are never.
 *  FOVEA_OK, or what the sink says. */
FOVEA_NODISCARD enum fovea_status fovea_webp_choose_rows(
        const struct fovea_webp_canvas *canvas,
        const struct fovea_row_sink *sink, struct fovea_image_info *info,
        struct fovea_error *err);

/**
 * Fill in sides and cost, and ask for the memory, which the file has a share in.
 * How the picture is turned is not known yet. What is too short or odd is left to
 * libwebp, which refuses it.
 *
 * @return as fovea_decode_reserve(); FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_webp_price(
        const struct fovea_input *input, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_webp_canvas *canvas_out,
        struct fovea_image_info *info, struct fovea_error *err);

#endif
