/*
 * The forward pass: a vision transformer, as CLIP, SigLIP and DINOv2 have it. What
 * of it a tower has is said by its facts (spec/tower.h).
 *
 *   pixels -> patches -> patch embedding -> tokens -> [layer norm]
 *          -> n_layers x (attention, MLP)
 *          -> class token -> layer norm -> [projection], or
 *          -> layer norm -> attention of a learned query -> MLP
 *
 * Sources: Radford et al. 2021, "Learning Transferable Visual Models From Natural
 * Language Supervision"; Zhai et al. 2023, "Sigmoid Loss for Language Image
 * Pre-Training"; Oquab et al. 2023, "DINOv2: Learning Robust Visual Features
 * without Supervision"; parameter names of Hugging Face.
 */
#ifndef FOVEA_ENGINE_CPU_FORWARD_H
#define FOVEA_ENGINE_CPU_FORWARD_H

#include "engine/cpu/patches.h"
#include "engine/cpu/plan.h"

/**
 * Embed images that were resized and cropped.
 *
 * @param pixels  [n][side_px][side_px][3] uint8.
 * @param n       1..max_batch.
 * @param embeds  [n][dimension] float32: Hugging Face's image_embeds, not
 *                scaled. An image's row has the same bits in every batch.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY or FOVEA_ERR_INTERNAL from the matrix
 *         library.
 * Threads: one at a time on one plan, after fovea_machine_set_threads(1).
 */
FOVEA_NODISCARD enum fovea_status fovea_forward_run(struct fovea_plan *plan,
        const struct fovea_pixel_table *table, const uint8_t *pixels, size_t n,
        float *embeds, struct fovea_error *err);

/** Pass a black image through one layer of each kind: some of the library's
 *  code is generated when a product that needs it first runs. */
FOVEA_NODISCARD enum fovea_status fovea_forward_warm_up(struct fovea_plan *plan,
        const struct fovea_pixel_table *table, struct fovea_error *err);

#endif
