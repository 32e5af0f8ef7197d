/* EXIF orientation: see orient.h. Source: Exif 2.32, tag 0x0112. */
#include "image/orient.h"

struct fovea_orient
fovea_orient_from_exif(unsigned orientation)
{
    static const struct fovea_orient orients[9] = {
        [2] = { .mirrored_x = true },
        [3] = { .mirrored_x = true, .mirrored_y = true },
        [4] = { .mirrored_y = true },
        [5] = { .transposed = true },
        [6] = { .transposed = true, .mirrored_y = true },
        [7] = { .transposed = true, .mirrored_x = true, .mirrored_y = true },
        [8] = { .transposed = true, .mirrored_x = true },
    };
    return orients[orientation <= 8 ? orientation : 1];
}
