/*
 * What the config in a model's directory says, checked, so that nothing behind it
 * meets an impossible shape. Which file that is says the directory's layout
 * (spec/file_layout.h).
 */
#ifndef FOVEA_CHECKPOINT_CONFIG_H
#define FOVEA_CHECKPOINT_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "spec/file_layout.h"
#include "spec/tower.h"

/**
 * Read the config of a directory: its tower for images, or the one for texts.
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

/** The same from text in memory; `name` stands in messages. */
FOVEA_NODISCARD enum fovea_status fovea_tower_parse(
        enum fovea_file_layout_id layout, const char *name, const char *text,
        size_t size, enum fovea_modality modality,
        struct fovea_tower *tower_out, struct fovea_error *err);

#endif
