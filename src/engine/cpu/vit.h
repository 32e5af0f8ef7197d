/*
 * The forward pass: a vision transformer with a projection, as CLIP has it.
 *
 *   pixels -> patches -> patch embedding -> tokens -> layer norm
 *          -> n_layers x (attention, MLP) -> class token -> layer norm
 *          -> projection
 *
 * Source: Radford et al. 2021, "Learning Transferable Visual Models From
 * Natural Language Supervision"; parameter names of Hugging Face.
 */
#ifndef FOVEA_ENGINE_CPU_VIT_H
#define FOVEA_ENGINE_CPU_VIT_H

#include "engine/cpu/weights.h"

/** Scratch and primitives of one forward pass at a time. */
struct fovea_vit;

/**
 * Prepare to run a tower: buffers, and every matrix product that a batch of up
 * to max_batch images will ever need. After this no code is generated any more,
 * so that executable memory may be forbidden.
 *
 * @param weights    Borrowed; must outlive the vit.
 * @param settings   How pixels become floats.
 * @param max_batch  most images a forward pass takes, at least 1.
 */
FOVEA_NODISCARD enum fovea_status fovea_vit_create(
        const struct fovea_weights *weights,
        const struct fovea_preprocess *settings, size_t max_batch,
        struct fovea_vit **vit_out, struct fovea_error *err);
void fovea_vit_destroy(struct fovea_vit *vit);

/** Bytes of scratch of a vit: what one more thread or worker costs. */
size_t fovea_vit_scratch_size(const struct fovea_tower *tower, size_t max_batch,
        enum fovea_precision precision);

/**
 * Embed images that were resized and cropped.
 *
 * @param pixels  [n][side_px][side_px][3] uint8.
 * @param n       1..max_batch.
 * @param embeds  [n][dimension] float32: Hugging Face's image_embeds, not
 *                scaled. An image's row has the same bits in every batch.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY or FOVEA_ERR_INTERNAL from the matrix
 *         library.
 * Threads: one at a time on one vit, after fovea_matmul_set_threads(1).
 */
FOVEA_NODISCARD enum fovea_status fovea_vit_embed(struct fovea_vit *vit,
        const uint8_t *pixels, size_t n, float *embeds,
        struct fovea_error *err);

#endif
