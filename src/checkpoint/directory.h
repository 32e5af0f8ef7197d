/* The layout of a model's directory (spec/file_layout.h). */
#ifndef FOVEA_CHECKPOINT_DIRECTORY_H
#define FOVEA_CHECKPOINT_DIRECTORY_H

#include "fovea/export.h"
#include "fovea/status.h"

#include "spec/file_layout.h"

/**
 * The layout that a directory's files have, as fovea_file_layout_find(); but a
 * config.json that is timm's does not count where another layout's config stands
 * beside it, as in the repositories that timm and open_clip share.
 *
 * @param missing_out  May be NULL.
 */
const struct fovea_file_layout *fovea_directory_layout(const char *directory,
        const char **missing_out);

/** Whether a directory's config.json is there and describes a model to timm
 *  instead of transformers. */
bool fovea_config_is_of_timm(const char *directory);

#endif
