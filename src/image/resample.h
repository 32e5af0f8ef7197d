/*
 * Orient, resize and crop as a stream: stored rows go in, the oriented, resized
 * and cropped image comes out, equal to Pillow's or PyTorch's on every sample.
 *
 * Both resize along the oriented x axis first, rounds to 8 bits, then along
 * y. In stored terms the first pass therefore runs along each row for
 * orientations 1 to 4, and across rows for 5 to 8, where x and y change places.
 * The pass across rows keeps a ring of the lines that one output needs. What is
 * outside the crop window, and rows that no output needs, is never computed.
 */
#ifndef FOVEA_IMAGE_RESAMPLE_H
#define FOVEA_IMAGE_RESAMPLE_H

#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "image/rows.h"
#include "spec/pixels.h"

struct fovea_resampler;

/** A resize of the oriented image and the window that is wanted of it. */
struct fovea_resample_plan {
    enum fovea_pixels pixels;
    enum fovea_filter filter;
    struct fovea_image_rows rows; /* that come; sides at least 1 */
    unsigned orientation;         /* EXIF, 1..8 */
    /* Of the oriented image. The window lies inside the resized image. */
    uint32_t resized_width_px;
    uint32_t resized_height_px;
    uint32_t left_px;
    uint32_t top_px;
    uint32_t crop_width_px; /* at least 1 */
    uint32_t crop_height_px;
    /* Where the window goes: how wide the picture is that is written, and the
       window's place in it. */
    uint32_t canvas_width_px;
    uint32_t canvas_x_px;
    uint32_t canvas_y_px;
};

/**
 * Start a resize.
 *
 * @param pixels  [canvas_y_px + crop_height_px or more][canvas_width_px][3]; the
 *                window of it is written as rows come in. Must outlive the
 *                resampler.
 * @return FOVEA_OK or FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_resampler_create(
        const struct fovea_resample_plan *plan, uint8_t *pixels,
        struct fovea_resampler **resampler_out, struct fovea_error *err);
void fovea_resampler_destroy(struct fovea_resampler *resampler);

/** What fovea_resampler_create() will take, at most. */
uint64_t fovea_resampler_bytes(const struct fovea_resample_plan *plan);

/** Which samples of the rows some sample of the window is made of. */
struct fovea_window fovea_resampler_window(
        const struct fovea_resampler *resampler);

/** Take the next row, [rows.width_px][3]; rows past the last one are ignored. */
void fovea_resampler_push(struct fovea_resampler *resampler,
        const uint8_t *rgb);

/** Whether every sample of the window has been written. */
bool fovea_resampler_is_done(const struct fovea_resampler *resampler);

#endif
