/* The tile unit that with_tiles.c has the engine find. */
#ifndef FOVEA_SUPPORT_WITH_TILES_H
#define FOVEA_SUPPORT_WITH_TILES_H

#include <stdbool.h>

/** Whether the engine finds it from now on; at first it does. */
void with_tiles_show(bool is_there);

#endif
