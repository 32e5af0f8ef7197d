/* Finding the orientation in the segments before a JPEG's first scan. */
#ifndef FOVEA_IMAGE_JPEG_EXIF_H
#define FOVEA_IMAGE_JPEG_EXIF_H

#include "base/input.h"

/**
 * The orientation of the first APP1 segment that holds EXIF; 1 if there is
 * none, or nothing readable in it. Never complains about the file: the decoder
 * will.
 *
 * @return FOVEA_OK, FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_jpeg_orientation(
        const struct fovea_input *input, unsigned *orientation_out,
        struct fovea_error *err);

#endif
