/* Rounding to bfloat16. */
#ifndef FOVEA_ENGINE_CPU_BF16_H
#define FOVEA_ENGINE_CPU_BF16_H

#include <stdint.h>
#include <string.h>

/** To nearest, ties to even. */
static inline __attribute__((always_inline)) uint16_t
fovea_to_bf16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16);
}

#endif
