/* Limits: see limits.h. */
#include "option/limits.h"

#include <stddef.h>

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
    if (!all.max_decode_bytes) {
        all.max_decode_bytes = FOVEA_DEFAULT_MAX_DECODE_BYTES;
    }
    if (!all.max_decode_work) {
        all.max_decode_work = FOVEA_DEFAULT_MAX_DECODE_WORK;
    }
    return all;
}

const char *
fovea_limit_by(enum fovea_limit limit)
{
    static const char *const names[] = {
#define X(name, flag, field) "(" flag ", " field ")",
#define Y(name, flag)        "(" flag ")",
#include "option/limit.def"
#undef X
#undef Y
    };
    return names[limit];
}
