/* The layout of a model's directory (spec/file_layout.h). */
#ifndef FOVEA_CHECKPOINT_DIRECTORY_H
#define FOVEA_CHECKPOINT_DIRECTORY_H

#include "fovea/export.h"
#include "fovea/status.h"

#include "spec/file_layout.h"

/**
 * The layout that a directory's files have, as fovea_file_layout_find().
 *
 * @param missing_out  May be NULL.
 */
const struct fovea_file_layout *fovea_directory_layout(const char *directory,
        const char **missing_out);

#endif
