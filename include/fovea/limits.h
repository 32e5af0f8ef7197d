/*
 * Limits on what one image may cost; each has its own status code and its own
 * flag of the command. They are checked from the file's size and header, before
 * memory for pixels is taken. And what becomes of an image that is damaged.
 */
#ifndef FOVEA_LIMITS_H
#define FOVEA_LIMITS_H

#include <stdint.h>

/** What becomes of an image that cannot be decoded whole. */
enum fovea_damaged {
    FOVEA_DAMAGED_REFUSE, /* FOVEA_ERR_IMAGE_TRUNCATED, _CORRUPT; the default */
    /* If at least half of its rows come before the first damage that is found:
       the others become grey, and the result has FOVEA_NOTE_DAMAGED. */
    FOVEA_DAMAGED_ACCEPT,
};

/** Most that a single image may be. A zero field means its default. */
struct fovea_limits {
    uint64_t max_bytes;   /* size of the file: FOVEA_ERR_IMAGE_TOO_MANY_BYTES */
    uint64_t max_pixels;  /* width * height: FOVEA_ERR_IMAGE_TOO_MANY_PIXELS */
    uint32_t max_side_px; /* either side: FOVEA_ERR_IMAGE_SIDE_TOO_LONG */
    enum fovea_damaged damaged;
};

#define FOVEA_DEFAULT_MAX_BYTES   (UINT64_C(256) << 20)
#define FOVEA_DEFAULT_MAX_PIXELS  UINT64_C(178956970)
#define FOVEA_DEFAULT_MAX_SIDE_PX UINT32_C(65535)

#endif
