/* Towers for texts in open_clip's layout: "text_cfg" (open_clip.h). */
#ifndef FOVEA_SPEC_OPEN_CLIP_TEXT_H
#define FOVEA_SPEC_OPEN_CLIP_TEXT_H

#include "spec/family.h"

/**
 * Read a tower for texts that open_clip makes itself.
 *
 * @param is_custom  What "custom_text" has to be: where the tensors are.
 * @return FOVEA_OK; FOVEA_ERR_TEXT_UNSUPPORTED where there is none, or one of
 *         another make; FOVEA_ERR_MODEL_CONFIG; FOVEA_ERR_MODEL_UNSUPPORTED.
 */
FOVEA_NODISCARD enum fovea_status fovea_oc_text_read(
        const struct fovea_fields *top, bool is_custom,
        struct fovea_tower *tower_out, struct fovea_error *err);

/** As a family's tensor(). */
void fovea_oc_text_tensor(bool is_custom, const struct fovea_tower *tower,
        const struct fovea_piece *piece, uint32_t part,
        struct fovea_tensor_spec *spec_out);

#endif
