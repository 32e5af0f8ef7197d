/*
 * What towers for texts in Hugging Face's layout share. Those of CLIP and SigLIP
 * have the same fields and the same names but for the projection.
 */
#ifndef FOVEA_SPEC_HUGGINGFACE_TEXT_H
#define FOVEA_SPEC_HUGGINGFACE_TEXT_H

#include "spec/huggingface.h"

/* A family's. */
struct fovea_hf_text {
    const char *name;       /* of the family, in messages */
    const char *model_type; /* of a whole model */
    const char *tower_type; /* of a tower by itself */
    const char *dimension_key;
    bool is_dimension_above;     /* a whole model has that beside its towers */
    struct fovea_tower defaults; /* dimension 0: the width */
    struct fovea_hf_tensor projection;
};

/**
 * The tower for texts of a config: in "text_config_dict", whose defaults win, as
 * old files have it; in "text_config"; or at the top of a tower by itself.
 *
 * @return FOVEA_OK; FOVEA_ERR_TEXT_UNSUPPORTED where there is none, or one of
 *         another make; FOVEA_ERR_MODEL_CONFIG; FOVEA_ERR_MODEL_UNSUPPORTED.
 */
FOVEA_NODISCARD enum fovea_status fovea_hf_text_read(
        const struct fovea_hf_text *text, const struct fovea_fields *top,
        struct fovea_tower *tower_out, struct fovea_error *err);

/** As a family's write_config(), of a tower by itself. */
size_t fovea_hf_text_write(const struct fovea_hf_text *text,
        const struct fovea_tower *tower, char text_out[FOVEA_FAMILY_TEXT_SIZE]);

/** As its write_model(), by its write_config(). */
size_t fovea_hf_text_write_model(const struct fovea_family *family,
        const struct fovea_hf_text *text, const struct fovea_tower *image,
        const struct fovea_tower *text_tower,
        char text_out[FOVEA_FAMILY_TEXT_SIZE]);

/** As a family's tensor(). */
void fovea_hf_text_tensor(const struct fovea_hf_text *text,
        const struct fovea_tower *tower, const struct fovea_piece *piece,
        uint32_t part, struct fovea_tensor_spec *spec_out);

#endif
