/*
 * Linked into a test beside tile_machine.c, with --wrap of what is below: the engine
 * finds a tile unit on every CPU that has the rest of what kernels for it need.
 */
#include "support/with_tiles.h"

#include "engine/cpu/machine.h"
#include "engine/cpu/tile_unit.h"
#include "support/tile_machine.h"

static bool is_shown = true;

void
with_tiles_show(bool is_there)
{
    is_shown = is_there;
}

bool __wrap_fovea_machine_has_tiles(void);
bool __wrap_fovea_tile_unit_is_there(void);

bool
__wrap_fovea_machine_has_tiles(void)
{
    return is_shown && fovea_machine_has_bf16() && tile_machine_start();
}

bool
__wrap_fovea_tile_unit_is_there(void)
{
    return __wrap_fovea_machine_has_tiles();
}
