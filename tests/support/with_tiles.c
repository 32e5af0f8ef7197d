/*
 * Linked into a test beside tile_machine.c, with --wrap=fovea_machine_has_tiles: the
 * engine finds a tile unit on every CPU that has the rest of what kernels for it need.
 */
#include "engine/cpu/machine.h"
#include "support/tile_machine.h"

bool __wrap_fovea_machine_has_tiles(void);

bool
__wrap_fovea_machine_has_tiles(void)
{
    return fovea_machine_has_bf16() && tile_machine_start();
}
