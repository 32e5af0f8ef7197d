/*
 * Limits on what one image may cost; each has its own status code and its own
 * flag of the command. Bytes, pixels and sides are checked from the file's size
 * and header, before memory for pixels is taken; warnings are counted as they
 * come.
 */
#ifndef FOVEA_LIMITS_H
#define FOVEA_LIMITS_H

#include <stdint.h>

/** Most that a single image may be. A zero field means its default. */
struct fovea_limits {
    uint64_t max_bytes;   /* size of the file: FOVEA_ERR_IMAGE_TOO_MANY_BYTES */
    uint64_t max_pixels;  /* width * height: FOVEA_ERR_IMAGE_TOO_MANY_PIXELS */
    uint32_t max_side_px; /* either side: FOVEA_ERR_IMAGE_SIDE_TOO_LONG */
    uint32_t max_warnings; /* damaged places that a codec may step over:
                              FOVEA_ERR_IMAGE_TOO_MANY_WARNINGS */
};

#define FOVEA_DEFAULT_MAX_BYTES    (UINT64_C(256) << 20)
#define FOVEA_DEFAULT_MAX_PIXELS   UINT64_C(178956970)
#define FOVEA_DEFAULT_MAX_SIDE_PX  UINT32_C(65535)
#define FOVEA_DEFAULT_MAX_WARNINGS UINT32_C(1000)

#endif
