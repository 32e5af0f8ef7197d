/* The orientation in a block of EXIF. */
#ifndef FOVEA_IMAGE_EXIF_H
#define FOVEA_IMAGE_EXIF_H

#include <stddef.h>
#include <stdint.h>

enum {
    FOVEA_EXIF_NO_ORIENTATION = 0,
    FOVEA_EXIF_MAX_BYTES = 16 << 20 /* more is never looked at */
};

/**
 * Find the orientation (tag 0x0112 of the first directory).
 *
 * @param exif  A TIFF structure, with or without "Exif\0\0" before it.
 * @return 1..8; FOVEA_EXIF_NO_ORIENTATION if there is no such tag or no
 *         readable directory. A tag whose value is none of 1..8 gives 1. Never
 *         fails: what is damaged or odd is read as Pillow reads it.
 */
unsigned fovea_exif_orientation(const uint8_t *exif, size_t size);

#endif
