/*
 * From pixels to what the layers take: patches, their embedding, the class token,
 * registers, positions, and the norm before the layers where there is one.
 */
#ifndef FOVEA_ENGINE_CPU_EMBED_IMAGE_H
#define FOVEA_ENGINE_CPU_EMBED_IMAGE_H

#include "engine/cpu/layers.h"
#include "engine/cpu/patches.h"

/** x = tokens of the pass's images, [n][side_px][side_px][3] uint8. */
FOVEA_NODISCARD enum fovea_status fovea_embed_images(
        const struct fovea_pass *pass, const struct fovea_pixel_table *table,
        const uint8_t *pixels, struct fovea_error *err);

#endif
