/*
 * The way into a vision transformer: pixels, normalised as the model wants them,
 * cut into patches.
 */
#ifndef FOVEA_ENGINE_CPU_PATCHES_H
#define FOVEA_ENGINE_CPU_PATCHES_H

#include <stddef.h>
#include <stdint.h>

#include "engine/cpu/rows.h"
#include "spec/pixels.h"

/* Sample value -> normalised float32, per channel. */
struct fovea_pixel_table {
    float value[3][256];
};

void fovea_pixel_table_init(struct fovea_pixel_table *table,
        const struct fovea_preprocess *settings);

/**
 * Cut an image into patches: one row a patch, channel-planar as a convolution
 * kernel's weights lie.
 *
 * @param pixels  [side][side][3] uint8. What no whole patch covers, right and below,
 *                is left out.
 * @param out     [(side / patch)^2] rows of [3][patch][patch]. Of element BF16 it is
 *                rounded to nearest, ties to even.
 */
void fovea_pixels_cut(const struct fovea_pixel_table *table,
        const uint8_t *pixels, size_t side, size_t patch,
        const struct fovea_rows *out);

#endif
