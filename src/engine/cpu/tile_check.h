/* Whether the CPU's tile unit computes what it should, before anything relies on it. */
#ifndef FOVEA_ENGINE_CPU_TILE_CHECK_H
#define FOVEA_ENGINE_CPU_TILE_CHECK_H

#include <stdbool.h>

/** Compare small products of the kernels with the same ones in plain C: of bfloat16 and
 *  of bytes, a whole block of rows and a rest. Needs the permission of tile_unit.h. */
bool fovea_tile_check(void);

#endif
