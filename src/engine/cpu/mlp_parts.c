/* See mlp_parts.h. */
#include "engine/cpu/mlp_parts.h"

enum {
    /* An uncut sum on AMX with 2 MiB of second-level cache, a multiple of what
       kernels like, and the width at which it is fastest. */
    MOST_PART_WIDTH = 768,
    PART_WIDTH_UNIT = 64,
};

uint32_t
fovea_mlp_parts(uint32_t mlp)
{
    for (uint32_t width = MOST_PART_WIDTH; width >= PART_WIDTH_UNIT && mlp > 0;
            width -= PART_WIDTH_UNIT) {
        if (mlp % width == 0) {
            return mlp / width;
        }
    }
    return 1;
}
