/* See tower.h. */
#include "spec/tower.h"

size_t
fovea_tower_patches(const struct fovea_tower *tower)
{
    size_t grid = tower->side_px / tower->patch_px;
    return grid * grid;
}

size_t
fovea_tower_tokens(const struct fovea_tower *tower)
{
    return fovea_tower_patches(tower) + 1;
}

size_t
fovea_tower_patch_width(const struct fovea_tower *tower)
{
    return 3 * (size_t)tower->patch_px * tower->patch_px;
}
