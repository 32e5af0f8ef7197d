/* Filling packed weights from a checkpoint. */
#ifndef FOVEA_ENGINE_CPU_FILL_H
#define FOVEA_ENGINE_CPU_FILL_H

#include "checkpoint/checkpoint.h"
#include "engine/cpu/weights.h"

/**
 * Read and pack all tensors into the block, which is writable. Reads the tower's
 * tensors and no others.
 *
 * @return FOVEA_OK; FOVEA_ERR_MODEL_WEIGHTS if a tensor is missing, misshapen
 *         or cut short; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_weights_fill(
        struct fovea_weights *weights,
        const struct fovea_checkpoint *checkpoint, struct fovea_error *err);

/**
 * Load and pack a tower into memory of this process alone.
 *
 * @param tower  Checked (fovea_tower_read()).
 * As fovea_weights_fill() otherwise.
 */
FOVEA_NODISCARD enum fovea_status fovea_weights_load(
        const struct fovea_tower *tower,
        const struct fovea_checkpoint *checkpoint,
        enum fovea_precision precision, struct fovea_weights **weights_out,
        struct fovea_error *err);

#endif
