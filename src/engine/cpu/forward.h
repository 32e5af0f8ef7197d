/*
 * The forward pass: a transformer of images, as CLIP, SigLIP and DINOv2 have it, or
 * of texts, as CLIP and SigLIP do. What of it a tower has is said by its facts
 * (spec/tower.h).
 *
 *   pixels -> patches -> patch embedding -> tokens -> [layer norm], or
 *   ids -> tokens
 *          -> n_layers x (attention, MLP)
 *          -> class or last token -> layer norm -> [projection], or
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
 * Embed images that were resized and cropped, or texts.
 *
 * @param rows    [n][side_px][side_px][3] uint8, or n of struct fovea_text_row.
 * @param n       1..max_batch.
 * @param embeds  [n][dimension] float32: Hugging Face's image_embeds or
 *                text_embeds, not scaled. An item's row has the same bits in every batch.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY or FOVEA_ERR_INTERNAL from the matrix
 *         library, or for a text that is none (embed_text.h).
 * Threads: one at a time on one plan, after fovea_machine_set_threads(1).
 */
FOVEA_NODISCARD enum fovea_status fovea_forward_run(struct fovea_plan *plan,
        const struct fovea_pixel_table *table, const void *rows, size_t n,
        float *embeds, struct fovea_error *err);

/** Pass a black image, or a text, through one layer of each kind: some of the library's
 *  code is generated when a product that needs it first runs. */
FOVEA_NODISCARD enum fovea_status fovea_forward_warm_up(struct fovea_plan *plan,
        const struct fovea_pixel_table *table, struct fovea_error *err);

#endif
