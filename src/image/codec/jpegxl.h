/* Inside of the JPEG XL decoder: what is known before pixels are decoded. */
#ifndef FOVEA_IMAGE_CODEC_JPEGXL_H
#define FOVEA_IMAGE_CODEC_JPEGXL_H

#include "image/image.h"

/**
 * Walk over the headers, those of the frames too that the first picture is made
 * of, and fill in all that is to be known of it.
 *
 * @return FOVEA_OK; FOVEA_ERR_IMAGE_TRUNCATED, _CORRUPT; _UNSUPPORTED, which
 *         says what is not; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_jpegxl_read_head(
        const struct fovea_input *input, struct fovea_image_info *info,
        struct fovea_error *err);

#endif
