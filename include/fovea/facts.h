/* What a worker says of an image besides what it makes of it. */
#ifndef FOVEA_FACTS_H
#define FOVEA_FACTS_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/sized.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Nothing says when an image was taken. */
#define FOVEA_TAKEN_UNKNOWN INT64_MIN

/**
 * What is known of an image once it was decoded. It grows at its end (sized.h).
 *
 * Sides are those of the image as it is seen, upright; of a raw photograph, of
 * its preview. When it was taken is EXIF's DateTimeOriginal, which is the wall
 * clock of the camera: the seconds from 1970-01-01 00:00:00 to it, as if both
 * were UTC. Offsets that name its time zone are not used.
 *
 * Since: 0.1
 */
struct fovea_image_facts {
    size_t struct_size; /* by FOVEA_IMAGE_FACTS_INIT, or sizeof */
    const char *format; /* "jpeg", "png", "heif" (AVIF, too), ...; static. NULL:
                           nothing is known, and the rest is 0 */
    int64_t taken_s;    /* or FOVEA_TAKEN_UNKNOWN */
    uint32_t width_px;
    uint32_t height_px;
};

#define FOVEA_IMAGE_FACTS_INIT FOVEA_SIZED_INIT(struct fovea_image_facts)

#ifdef __cplusplus
}
#endif

#endif
