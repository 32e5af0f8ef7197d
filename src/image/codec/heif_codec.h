/* The codecs of HEIF: that of a primary image, and what libheif sets up. */
#ifndef FOVEA_IMAGE_CODEC_HEIF_CODEC_H
#define FOVEA_IMAGE_CODEC_HEIF_CODEC_H

#include "sys/input.h"

/**
 * Find a codec that libheif of Debian 12 does not have: it says of such files
 * that they are damaged.
 *
 * @param name_out  "JPEG", "AVC", ...; NULL if the primary image's codec is one
 *                  that it has, or is not to be found. Static.
 * @return FOVEA_OK, FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_heif_foreign_codec(
        const struct fovea_input *input, const char **name_out,
        struct fovea_error *err);

/**
 * Let libheif look into its folder of plug-ins now, as it would when it is first
 * used; no other codec has such a thing.
 */
void fovea_heif_warm_up(void);

#endif
