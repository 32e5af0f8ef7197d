/* The families, and the tensors of a tower by its family. */
#ifndef FOVEA_SPEC_FAMILIES_H
#define FOVEA_SPEC_FAMILIES_H

#include "spec/family.h"

/**
 * The family of a config by its layout and what that calls the model's make
 * ("model_type" of a config.json); without a word it is the layout's first.
 *
 * @return FOVEA_OK; FOVEA_ERR_MODEL_CONFIG if that is not a string;
 *         FOVEA_ERR_MODEL_UNSUPPORTED if no family has it.
 */
FOVEA_NODISCARD enum fovea_status fovea_family_find(
        enum fovea_file_layout_id layout, const struct fovea_fields *top,
        enum fovea_family_id *id_out, struct fovea_error *err);

const struct fovea_family *fovea_family_get(enum fovea_family_id id);

/* All zero to begin with. */
struct fovea_tensor_walk {
    size_t piece;
    uint32_t part;
};

/** The tensors of a tower, in the order of its pieces. false behind the last. */
bool fovea_tensor_next(const struct fovea_tower *tower,
        struct fovea_tensor_walk *walk, struct fovea_tensor_spec *spec_out);

/** How often fovea_tensor_next() says true. */
size_t fovea_tensor_count(const struct fovea_tower *tower);

/** Elements of the whole tensor that a part is stored in. */
size_t fovea_tensor_stored(const struct fovea_tensor_spec *spec);

#endif
