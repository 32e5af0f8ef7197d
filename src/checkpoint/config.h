/*
 * What config.json and preprocessor_config.json of a CLIP checkpoint say,
 * checked, so that nothing behind it meets an impossible shape.
 *
 * Source: the Hugging Face layout of CLIPModel ("vision_config" nested) and
 * CLIPVisionModelWithProjection (flat).
 */
#ifndef FOVEA_CHECKPOINT_CONFIG_H
#define FOVEA_CHECKPOINT_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "spec/pixels.h"
#include "spec/tower.h"

/**
 * Read <directory>/config.json: its tower for images, or the one for texts.
 *
 * @return FOVEA_OK; FOVEA_ERR_MODEL_NOT_FOUND if there is no such file;
 *         FOVEA_ERR_MODEL_CONFIG if it is not valid;
 *         FOVEA_ERR_MODEL_UNSUPPORTED if it is valid and not ours (another
 *         architecture or activation, a family without such a tower). The
 *         message names file and field.
 */
FOVEA_NODISCARD enum fovea_status fovea_tower_read(const char *directory,
        enum fovea_modality modality, struct fovea_tower *tower_out,
        struct fovea_error *err);

/**
 * Read <directory>/preprocessor_config.json, new form or old ("size": 224).
 * A missing file means the defaults of the tower's family for its side_px, and
 * is_default. The crop must be side_px square.
 */
FOVEA_NODISCARD enum fovea_status fovea_preprocess_config_read(
        const char *directory, const struct fovea_tower *tower,
        struct fovea_preprocess *settings_out, struct fovea_error *err);

/** The same two from text in memory; `name` stands in messages. */
FOVEA_NODISCARD enum fovea_status fovea_tower_parse(const char *name,
        const char *text, size_t size, enum fovea_modality modality,
        struct fovea_tower *tower_out, struct fovea_error *err);
FOVEA_NODISCARD enum fovea_status fovea_preprocess_config_parse(
        const char *name, const char *text, size_t size,
        const struct fovea_tower *tower, struct fovea_preprocess *settings_out,
        struct fovea_error *err);

#endif
