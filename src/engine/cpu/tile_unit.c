/*
 * See tile_unit.h.
 *
 * Source: Intel's manual, volume 1, 14 (XGETBV) and 18 (AMX); volume 2, CPUID leaves
 * 07H and 1DH; the kernel's page on XSTATE features in user space.
 */
#include "engine/cpu/tile_unit.h"

#include <cpuid.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    /* Leaf 1. */
    ECX_OSXSAVE = 1 << 27,
    /* Leaf 7. */
    EBX_AVX512F = 1 << 16,
    EBX_AVX512DQ = 1 << 17,
    EBX_AVX512BW = 1 << 30,
    EDX_AMX_BF16 = 1 << 22,
    EDX_AMX_TILE = 1 << 24,
    EDX_AMX_INT8 = 1 << 25,
    EAX_AVX512_BF16 = 1 << 5, /* of its part 1 */
    /* Registers that the system saves: those of AVX-512, and tiles. */
    XCR0_VECTORS = 0xe6,
    XCR0_TILES = 3 << 17,
    /* arch_prctl(): ask for the component that tiles' data are. */
    REQUEST_PERMISSION = 0x1023,
    TILE_DATA = 18,
};

/* The bits of leaf 7 that do not fit an int. */
static const uint32_t ebx_avx512vl = 1U << 31;

struct registers {
    uint32_t eax;
    uint32_t ebx;
    uint32_t ecx;
    uint32_t edx;
};

/* All 0 where there is no such leaf. */
static struct registers
ask(uint32_t leaf, uint32_t part)
{
    struct registers answer = { 0 };
    (void)__get_cpuid_count(leaf, part, &answer.eax, &answer.ebx, &answer.ecx,
            &answer.edx);
    return answer;
}

static bool
saves(uint32_t wanted)
{
    uint32_t low = 0;
    uint32_t high = 0;
    if (!(ask(1, 0).ecx & ECX_OSXSAVE)) {
        return false;
    }
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & wanted) == wanted;
}

bool
fovea_tile_unit_has_vectors(void)
{
    const uint32_t wanted =
            EBX_AVX512F | EBX_AVX512DQ | EBX_AVX512BW | ebx_avx512vl;
    return saves(XCR0_VECTORS) && (ask(7, 0).ebx & wanted) == wanted &&
            (ask(7, 1).eax & EAX_AVX512_BF16);
}

/* Palette 1 as this code knows it: eight tiles of 16 rows of 64 bytes. */
static bool
has_known_tiles(void)
{
    const uint32_t wanted = EDX_AMX_BF16 | EDX_AMX_TILE | EDX_AMX_INT8;
    const struct registers tiles = ask(0x1d, 1);
    return (ask(7, 0).edx & wanted) == wanted && ask(0x1d, 0).eax >= 1 &&
            (tiles.ebx & 0xffffU) >= 64 && tiles.ebx >> 16 >= 8 &&
            (tiles.ecx & 0xffffU) >= 16;
}

bool
fovea_tile_unit_is_there(void)
{
    return fovea_tile_unit_has_vectors() && has_known_tiles() &&
            saves(XCR0_TILES);
}

bool
fovea_tile_unit_is_granted(void)
{
    return fovea_tile_unit_is_there() &&
            syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}
