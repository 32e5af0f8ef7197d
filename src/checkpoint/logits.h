/* What a checkpoint says of labels: the scalars logit_scale and logit_bias. */
#ifndef FOVEA_CHECKPOINT_LOGITS_H
#define FOVEA_CHECKPOINT_LOGITS_H

#include "checkpoint/checkpoint.h"
#include "spec/family.h"

/**
 * Read both scalars. Checkpoints store the logarithm of the scale.
 *
 * @param logits        The family's; what the checkpoint has replaces them.
 * @param is_found_out  Whether the checkpoint has the scale.
 * @return FOVEA_OK; FOVEA_ERR_MODEL_WEIGHTS if one is no scalar, or not finite;
 *         FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_logits_read(
        const struct fovea_checkpoint *checkpoint, struct fovea_logits *logits,
        bool *is_found_out, struct fovea_error *err);

#endif
