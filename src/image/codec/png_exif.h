/* Finding EXIF in a PNG's chunks, before its first row is read. */
#ifndef FOVEA_IMAGE_CODEC_PNG_EXIF_H
#define FOVEA_IMAGE_CODEC_PNG_EXIF_H

#include "image/exif.h"

/**
 * When it was taken, by its block of EXIF, and the orientation as Pillow 9.4 finds it: from the eXIf chunk, else from the
 * text "Raw profile type exif", else from the XMP packet; 1 if there is none.
 * Never complains about the file: the decoder will.
 *
 * @return FOVEA_OK, FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_png_exif(
        const struct fovea_input *input, struct fovea_exif *exif_out,
        struct fovea_error *err);

#endif
