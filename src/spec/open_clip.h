/*
 * What families in open_clip's layout share: open_clip_config.json has "model_cfg",
 * with a tower each in "vision_cfg" and "text_cfg", and "preprocess_cfg". Defaults
 * are open_clip's. What its towers can have and ours cannot is refused by name.
 */
#ifndef FOVEA_SPEC_OPEN_CLIP_H
#define FOVEA_SPEC_OPEN_CLIP_H

#include "spec/family.h"

/* Where fields are. */
struct fovea_oc_config {
    struct fovea_fields model; /* "model_cfg" */
    struct fovea_fields tower; /* one of it */
};

/**
 * Find a tower.
 *
 * @param key  "vision_cfg" or "text_cfg".
 * @return FOVEA_OK; FOVEA_ERR_MODEL_CONFIG if it or "model_cfg" is no object.
 */
FOVEA_NODISCARD enum fovea_status fovea_oc_find(const struct fovea_fields *top,
        const char *key, struct fovea_oc_config *config_out,
        struct fovea_error *err);

/**
 * Numbers, activation and eps that towers of both kinds have.
 *
 * @param tower  Has the defaults; what the fields do not say stays. mlp follows
 *               from width.
 * @return FOVEA_OK; FOVEA_ERR_MODEL_CONFIG if a field is not valid;
 *         FOVEA_ERR_MODEL_UNSUPPORTED for what plain transformers do not have.
 */
FOVEA_NODISCARD enum fovea_status fovea_oc_read_tower(
        const struct fovea_oc_config *config, struct fovea_tower *tower,
        struct fovea_error *err);

/** A side that may be written as a number or as two that are equal. Stays where
 *  it is missing. FOVEA_ERR_MODEL_CONFIG, FOVEA_ERR_MODEL_UNSUPPORTED. */
FOVEA_NODISCARD enum fovea_status fovea_oc_read_side(
        const struct fovea_fields *fields, const char *key, uint32_t *side_px,
        struct fovea_error *err);

/** The patches of a picture, checked against its side.
 *  FOVEA_ERR_MODEL_CONFIG, naming the key. */
FOVEA_NODISCARD enum fovea_status fovea_oc_check_patches(
        const struct fovea_fields *fields, const char *key,
        const struct fovea_tower *tower, struct fovea_error *err);

/** A word that has to be this one where it is said.
 *  FOVEA_ERR_MODEL_UNSUPPORTED. */
FOVEA_NODISCARD enum fovea_status fovea_oc_check_word(
        const struct fovea_fields *fields, const char *key, const char *only,
        struct fovea_error *err);

/** A setting that has to be off: missing, null or false.
 *  FOVEA_ERR_MODEL_UNSUPPORTED. */
FOVEA_NODISCARD enum fovea_status fovea_oc_check_off(
        const struct fovea_fields *fields, const char *key,
        struct fovea_error *err);

/** fovea_family.read_pixels: "preprocess_cfg", its size the tower's. */
FOVEA_NODISCARD enum fovea_status fovea_oc_read_pixels(
        const struct fovea_fields *top, const struct fovea_tower *tower,
        struct fovea_preprocess *settings_out, struct fovea_error *err);

/** The pixels of a "preprocess_cfg" that says nothing. */
struct fovea_preprocess fovea_oc_pixels(uint32_t side_px);

#endif
