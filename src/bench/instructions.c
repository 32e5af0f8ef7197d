/* See instructions.h. All operands are zero: no multiply-add takes longer or
   shorter for that. */
#include "bench/instructions.h"

#include "engine/cpu/tile_instructions.h"

/* A round is the instruction with twelve destinations, of registers of a kind. */
#define LOOP(name, features, instruction, kind)                           \
    __attribute__((target(features))) void name(size_t n)                 \
    {                                                                     \
        __asm__ volatile("vzeroall\n"                                     \
                         "1:\n"                                           \
                         ".irp sum, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, "   \
                         "11\n" instruction " %%" kind "12, %%" kind      \
                         "13, %%" kind "\\sum\n"                          \
                         ".endr\n"                                        \
                         "decq %0\n"                                      \
                         "jnz 1b\n"                                       \
                         "vzeroupper\n"                                   \
                         : "+r"(n)                                        \
                         :                                                \
                         : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",  \
                         "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
                         "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");    \
    }

LOOP(fovea_loop_f32_avx2, "avx2,fma", "vfmadd231ps", "ymm")
LOOP(fovea_loop_f32_avx512, "avx512f", "vfmadd231ps", "zmm")
LOOP(fovea_loop_bf16_avx512, "avx512f,avx512bf16", "vdpbf16ps", "zmm")
LOOP(fovea_loop_int8_avx2, "avx2,avxvnni", "%{vex%} vpdpbusd", "ymm")
LOOP(fovea_loop_int8_avx512, "avx512f,avx512vnni", "vpdpbusd", "zmm")

/* Of six whole tiles. */
static const uint8_t whole_tiles[FOVEA_N_TILES] = { 16, 16, 16, 16, 16, 16 };

#define TILE_LOOP(name, features, instruction)                \
    __attribute__((target(features))) void name(size_t n)     \
    {                                                         \
        const struct fovea_tile_config config =               \
                fovea_tile_config_of(whole_tiles);            \
        __asm__ volatile("ldtilecfg %1\n"                     \
                         ".irp tile, 0, 1, 2, 3, 4, 5\n"      \
                         "tilezero %%tmm\\tile\n"             \
                         ".endr\n"                            \
                         "1:\n"                               \
                         ".irp sum, 0, 1, 2, 3\n" instruction \
                         " %%tmm4, %%tmm5, %%tmm\\sum\n"      \
                         ".endr\n"                            \
                         "decq %0\n"                          \
                         "jnz 1b\n"                           \
                         "tilerelease\n"                      \
                         : "+r"(n)                            \
                         : "m"(config)                        \
                         : "cc");                             \
    }

TILE_LOOP(fovea_loop_bf16_tiles, "amx-tile,amx-bf16", "tdpbf16ps")
TILE_LOOP(fovea_loop_int8_tiles, "amx-tile,amx-int8", "tdpbusd")

/* Loads that nothing waits for. */
void
fovea_loop_read(const void *memory, size_t size)
{
    const char *at = memory;
    const char *end = at + size;
    __asm__ volatile("1:\n"
                     "vmovdqu (%0), %%ymm0\n"
                     "vmovdqu 32(%0), %%ymm1\n"
                     "vmovdqu 64(%0), %%ymm2\n"
                     "vmovdqu 96(%0), %%ymm3\n"
                     "vmovdqu 128(%0), %%ymm4\n"
                     "vmovdqu 160(%0), %%ymm5\n"
                     "vmovdqu 192(%0), %%ymm6\n"
                     "vmovdqu 224(%0), %%ymm7\n"
                     "addq $256, %0\n"
                     "cmpq %1, %0\n"
                     "jb 1b\n"
                     "vzeroupper\n"
                     : "+r"(at)
                     : "r"(end)
                     : "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
                     "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                     "xmm12", "xmm13", "xmm14", "xmm15");
}
