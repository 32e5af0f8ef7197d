/* Limits: see limits.h. */
#include "base/limits.h"

struct fovea_limits
fovea_limits_resolve(const struct fovea_limits *limits)
{
    struct fovea_limits all = *limits;
    if (!all.max_bytes) {
        all.max_bytes = FOVEA_DEFAULT_MAX_BYTES;
    }
    if (!all.max_pixels) {
        all.max_pixels = FOVEA_DEFAULT_MAX_PIXELS;
    }
    if (!all.max_side_px) {
        all.max_side_px = FOVEA_DEFAULT_MAX_SIDE_PX;
    }
    return all;
}
