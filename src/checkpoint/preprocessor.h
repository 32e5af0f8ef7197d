/* How the model in a directory wants its pixels, checked. */
#ifndef FOVEA_CHECKPOINT_PREPROCESSOR_H
#define FOVEA_CHECKPOINT_PREPROCESSOR_H

#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "spec/pixels.h"
#include "spec/tower.h"

/**
 * Read how a model wants its pixels: preprocessor_config.json, new form or old
 * ("size": 224), or what the config says of it where that is the layout's way.
 * A missing file means the defaults of the tower's family for its side_px, and
 * is_default. The crop must be side_px square, or any square where side_px is 0:
 * fovea_tower_read() asks so for families whose images have the size that their
 * processor makes.
 */
FOVEA_NODISCARD enum fovea_status fovea_preprocess_config_read(
        const char *directory, const struct fovea_tower *tower,
        struct fovea_preprocess *settings_out, struct fovea_error *err);

/** The same from text in memory; `name` stands in messages. */
FOVEA_NODISCARD enum fovea_status fovea_preprocess_config_parse(
        const char *name, const char *text, size_t size,
        const struct fovea_tower *tower, struct fovea_preprocess *settings_out,
        struct fovea_error *err);

#endif
