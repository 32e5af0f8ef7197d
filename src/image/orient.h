/*
 * EXIF orientation as a walk over the stored rows.
 *
 * The oriented image's sample (x, y) is the stored sample (sx, sy). Where
 * `transposed` is false, sx follows x and sy follows y; otherwise sx follows y
 * and sy follows x. A mirrored stored axis runs backwards.
 */
#ifndef FOVEA_IMAGE_ORIENT_H
#define FOVEA_IMAGE_ORIENT_H

#include <stdbool.h>

struct fovea_orient {
    bool transposed;
    bool mirrored_x; /* along stored rows */
    bool mirrored_y; /* from stored row to stored row */
};

/** What an EXIF orientation means; values that are not 1..8 mean 1. */
struct fovea_orient fovea_orient_from_exif(unsigned orientation);

#endif
