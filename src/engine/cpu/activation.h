/*
 * The activations of MLPs, one value at a time, for loops that the compiler turns
 * into vectors. A value has the same bits whatever it stands beside and in whichever
 * width it is computed: every fused multiply-add is written as one, and where this is
 * included contraction is off.
 */
#ifndef FOVEA_ENGINE_CPU_ACTIVATION_H
#define FOVEA_ENGINE_CPU_ACTIVATION_H

#include <stdint.h>
#include <string.h>

#include "engine/cpu/element.h"

#define FOVEA_ACTIVATION_INLINE static inline __attribute__((always_inline))

FOVEA_ACTIVATION_INLINE float
fovea_activation_magnitude(float x)
{
    return __builtin_fabsf(x);
}

/* e^x for x <= 0, relative error below 2e-7. x = n ln 2 + r, |r| <= ln 2 / 2 (ln 2
   in two parts), e^r by its Taylor series to the sixth power. Below -87 it is e^-87:
   a normal number, as others take many times as long. NaN stays NaN. */
FOVEA_ACTIVATION_INLINE float
fovea_activation_exp(float x)
{
    const float round_magic = 12582912.0F; /* 1.5 * 2^23 */
    x = x < -87.0F ? -87.0F : x;
    const float shifted = __builtin_fmaf(x, 1.44269504F, round_magic);
    const float n = shifted - round_magic;
    float r = __builtin_fmaf(n, -0.693359375F, x);
    r = __builtin_fmaf(n, 2.12194440e-4F, r);
    float p = __builtin_fmaf(r, 1.0F / 720.0F, 1.0F / 120.0F);
    p = __builtin_fmaf(p, r, 1.0F / 24.0F);
    p = __builtin_fmaf(p, r, 1.0F / 6.0F);
    p = __builtin_fmaf(p, r, 0.5F);
    p = __builtin_fmaf(p, r, 1.0F);
    p = __builtin_fmaf(p, r, 1.0F);
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127U) << 23; /* n is in the low bits */
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

/* x / (1 + e^-z). */
FOVEA_ACTIVATION_INLINE float
fovea_activation_gate(float x, float z)
{
    const float e = fovea_activation_exp(-fovea_activation_magnitude(z));
    return x * (z < 0.0F ? e : 1.0F) / (1.0F + e);
}

/* x Phi(x), absolute error below 2e-7 |x|. Source: Abramowitz and Stegun, 7.1.26. */
FOVEA_ACTIVATION_INLINE float
fovea_activation_gelu(float x)
{
    const float a = fovea_activation_magnitude(x) * 0.707106781F;
    const float t = 1.0F / __builtin_fmaf(a, 0.3275911F, 1.0F);
    float p = __builtin_fmaf(t, 1.061405429F, -1.453152027F);
    p = __builtin_fmaf(p, t, 1.421413741F);
    p = __builtin_fmaf(p, t, -0.284496736F);
    p = __builtin_fmaf(p, t, 0.254829592F);
    /* Half of erfc(a): Phi(-|x|). */
    const float tail = 0.5F * p * t * fovea_activation_exp(-a * a);
    return x * (x < 0.0F ? tail : 1.0F - tail);
}

/* 2 sqrt(2 / pi) and that times 0.044715: tanh as a sigmoid. */
FOVEA_ACTIVATION_INLINE float
fovea_activation_gelu_tanh(float x)
{
    const float z = x * __builtin_fmaf(x * x, 0.0713548162F, 1.59576912F);
    return fovea_activation_gate(x, z);
}

/** What is done to a sum before it is stored; FOVEA_POST_ADD is not one of them.
 *  @param post  A constant where it is called, so that no loop has a branch. */
FOVEA_ACTIVATION_INLINE float
fovea_activation_apply(float x, enum fovea_post post)
{
    switch (post) {
    case FOVEA_POST_QUICK_GELU:
        return fovea_activation_gate(x, 1.702F * x);
    case FOVEA_POST_GELU:
        return fovea_activation_gelu(x);
    case FOVEA_POST_GELU_TANH:
        return fovea_activation_gelu_tanh(x);
    case FOVEA_POST_ADD:
    case FOVEA_POST_NONE:
    default:
        return x;
    }
}

#endif
