/* Sixteen floats at a time, by GCC's vector extensions: two AVX2 registers or one of
   AVX-512. */
#ifndef FOVEA_ENGINE_CPU_LANES_H
#define FOVEA_ENGINE_CPU_LANES_H

#include <stdint.h>
#include <string.h>

typedef float v16f __attribute__((vector_size(64)));
typedef int32_t v16i __attribute__((vector_size(64)));

#define INLINE static inline __attribute__((always_inline))

INLINE void
load(v16f *out, const float *from)
{
    memcpy(out, from, sizeof *out);
}

INLINE void
store(float *to, const v16f *value)
{
    memcpy(to, value, sizeof *value);
}

#endif
