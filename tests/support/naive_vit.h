/*
 * The forward pass once more, by the book: double precision, one token at a
 * time, no library. What the engine is held against.
 */
#ifndef FOVEA_SUPPORT_NAIVE_VIT_H
#define FOVEA_SUPPORT_NAIVE_VIT_H

#include <stdint.h>

#include "checkpoint/checkpoint.h"
#include "checkpoint/config.h"
#include "spec/pixels.h"

/** image_embeds of one image, [dimension]. Ends the test on failure. */
void naive_vit(const struct fovea_tower *config,
        const struct fovea_preprocess *settings,
        const struct fovea_checkpoint *checkpoint, const uint8_t *pixels,
        double *embeds);

/** text_embeds of one text, [dimension], where all of its context is computed.
 *
 *  @param ids     [context].
 *  @param pooled  Which of them stands for all. */
void naive_text(const struct fovea_tower *config,
        const struct fovea_checkpoint *checkpoint, const uint32_t *ids,
        size_t pooled, double *embeds);

#endif
