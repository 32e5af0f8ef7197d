/*
 * Instructions of the tile unit (AMX), for functions of our own alone: whoever runs
 * them has asked for permission (tile_unit.h), sets the tiles up first and releases
 * them afterwards.
 *
 * The compilers' own names for these know no more of memory than these do. A load needs
 * no care where what it reads was written before the function was called; what a store
 * wrote may be read afterwards. Each is a statement, and a text as well (TILE_...) for one
 * statement of several with nothing between them.
 */
#ifndef FOVEA_ENGINE_CPU_TILE_INSTRUCTIONS_H
#define FOVEA_ENGINE_CPU_TILE_INSTRUCTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "engine/cpu/lanes.h"

/* What a function with tiles, and the vectors beside them, is compiled for. */
#define TILES                                                            \
    __attribute__((target("amx-tile,amx-bf16,amx-int8,avx512f,avx512bw," \
                          "avx512dq,avx512vl,avx512bf16")))
#define TILES_INLINE TILES INLINE

/* Rows of a tile, from a number of bytes behind base on. base and stride are operands
   that are called so. */
#define TILE_LOAD(tile, offset, base, stride) \
    "tileloadd " #offset "(%[" #base "],%[" #stride "],1), %%tmm" #tile "\n\t"
#define TILE_STORE(tile, offset, base, stride) \
    "tilestored %%tmm" #tile ", " #offset "(%[" #base "],%[" #stride "],1)\n\t"
#define TILE_ZERO(tile) "tilezero %%tmm" #tile "\n\t"
/* sums += a * b: by tdpbf16ps of pairs of bfloat16 in float32, by tdpbusd of four
   bytes, a's unsigned and b's signed, in int32. */
#define TILE_DOT(instruction, sums, a, b) \
    instruction " %%tmm" #b ", %%tmm" #a ", %%tmm" #sums "\n\t"

/* base and stride (bytes) are expressions. */
#define LOAD_TILE(tile, from, bytes)                  \
    __asm__ volatile(TILE_LOAD(tile, 0, base, stride) \
                     :                                \
                     : [base] "r"(from), [stride] "r"((size_t)(bytes)))
#define STORE_TILE(tile, to, bytes)                                  \
    __asm__ volatile(TILE_STORE(tile, 0, base, stride)               \
                     :                                               \
                     : [base] "r"(to), [stride] "r"((size_t)(bytes)) \
                     : "memory")
#define ZERO_TILE(tile) __asm__ volatile(TILE_ZERO(tile) : :)
#define DOT_BF16(sums, a, b) \
    __asm__ volatile(TILE_DOT("tdpbf16ps", sums, a, b) : :)

enum {
    FOVEA_TILE_ROWS = 16,
    FOVEA_N_TILES = 8,
};

/* What LDTILECFG reads. A tile without rows is none. */
struct fovea_tile_config {
    uint8_t palette;
    uint8_t start_row;
    uint8_t reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};

_Static_assert(sizeof(struct fovea_tile_config) == 64, "as the CPU has it");

/* So many rows of 64 bytes for each tile. */
static inline struct fovea_tile_config
fovea_tile_config_of(const uint8_t rows[FOVEA_N_TILES])
{
    struct fovea_tile_config config = { .palette = 1 };
    for (size_t i = 0; i < FOVEA_N_TILES; i++) {
        config.rows[i] = rows[i];
        config.row_bytes[i] = rows[i] > 0 ? 64 : 0;
    }
    return config;
}

/* Set up all tiles, all 0. */
TILES_INLINE void
set_up_tiles(const struct fovea_tile_config *config)
{
    __asm__ volatile("ldtilecfg %0" : : "m"(*config));
}

TILES_INLINE void
release_tiles(void)
{
    __asm__ volatile("tilerelease");
}

#endif
