/*
 * The tile unit of newer Xeons (AMX): whether this CPU has one, and what else our
 * kernels for it are compiled for (tile_kernels.c).
 *
 * A process has to ask the system before it uses tiles, because they make the
 * registers that are saved for it, and its signal frames, 8 KiB larger. fovea asks
 * when a worker starts, before it says hello and long before it is sealed; what is
 * granted lasts as long as the process, and holds for threads that it has and that it
 * starts later.
 */
#ifndef FOVEA_ENGINE_CPU_TILE_UNIT_H
#define FOVEA_ENGINE_CPU_TILE_UNIT_H

#include <stdbool.h>

/** Whether the CPU and the system have AVX-512 with bfloat16. */
bool fovea_tile_unit_has_vectors(void);

/** Whether they have tiles for bfloat16 and bytes too, of the size that we know. */
bool fovea_tile_unit_is_there(void);

/** Whether the system also lets this process use them. Asks it each time. */
bool fovea_tile_unit_is_granted(void);

#endif
