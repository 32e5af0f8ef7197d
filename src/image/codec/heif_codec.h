/* The codec of a HEIF's primary image. */
#ifndef FOVEA_IMAGE_CODEC_CODEC_HEIF_CODEC_H
#define FOVEA_IMAGE_CODEC_CODEC_HEIF_CODEC_H

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

#endif
