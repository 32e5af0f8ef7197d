/* What counts of a block of EXIF: which way up, and when it was taken. */
#ifndef FOVEA_IMAGE_EXIF_H
#define FOVEA_IMAGE_EXIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/input.h"

enum {
    FOVEA_EXIF_NO_ORIENTATION = 0,
    FOVEA_EXIF_MAX_BYTES = 16 << 20 /* more is never looked at */
};

/** When a picture was taken. */
struct fovea_taken {
    bool is_known;
    int64_t s; /* from 1970 on, of a clock without a time zone; else 0 */
};

struct fovea_exif {
    unsigned orientation; /* 1..8, or FOVEA_EXIF_NO_ORIENTATION */
    struct fovea_taken taken;
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

/**
 * Find when it was taken: DateTimeOriginal (tag 0x9003) of the directory of EXIF
 * (0x8769), else of the first one.
 *
 * @param at  Of the TIFF structure, which may be a whole TIFF or what is nearly
 *            one, of a camera; without "Exif\0\0".
 * @param taken_out  Not known where there is none, and where it is no date or
 *                   time.
 * @return FOVEA_OK, FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_exif_taken(
        const struct fovea_input *input, uint64_t at,
        struct fovea_taken *taken_out, struct fovea_error *err);

/** Both, of a block as of fovea_exif_orientation(). */
struct fovea_exif fovea_exif_read(const uint8_t *exif, size_t size);

#endif
