/*
 * The activations of MLPs, one value at a time, for loops that the compiler turns
 * into vectors. A value has the same bits whatever it stands beside and in whichever
 * width it is computed: every fused multiply-add is written as one, and where this is
 * included contraction is off.
 *
 * All three are x * logistic(x * P(x * x)):
 *
 *   quick GELU   P = 1.702
 *   tanh GELU    P = sqrt(8 / pi) (1 + 0.044715 x^2): the same function
 *   GELU         P = log(Phi(x) / Phi(-x)) / x, by its minimax polynomial of the sixth
 *                degree in x^2 up to 5.6^2 and constant above: the GELU is at most
 *                7e-8 away then
 *
 * logistic(u) = 1 / (1 + 2^t), t = -log2(e) u; -log2(e) is a factor of each polynomial
 * below. No step divides: beside the CPU's tile unit (tile_kernels.c) a division would
 * take as long as everything else.
 */
#ifndef FOVEA_ENGINE_CPU_ACTIVATION_H
#define FOVEA_ENGINE_CPU_ACTIVATION_H

#include <stdint.h>
#include <string.h>

#include "engine/cpu/element.h"

#define FOVEA_ACTIVATION_INLINE static inline __attribute__((always_inline))

/* 2^x for -126 <= x <= 126, relative error below 2e-7. x = n + f, |f| <= 1/2, and 2^f
   by its minimax polynomial of the fifth degree. */
FOVEA_ACTIVATION_INLINE float
fovea_activation_exp2(float x)
{
    const float shifted =
            x + 12582912.0F; /* 1.5 * 2^23: n is in the low bits */
    const float f = x - (shifted - 12582912.0F);
    float p = __builtin_fmaf(f, 0.00132764718F, 0.00967554133F);
    p = __builtin_fmaf(p, f, 0.0555071327F);
    p = __builtin_fmaf(p, f, 0.240221197F);
    p = __builtin_fmaf(p, f, 0.693146967F);
    p = __builtin_fmaf(p, f, 1.0F);
    uint32_t n;
    uint32_t bits;
    memcpy(&n, &shifted, sizeof n);
    memcpy(&bits, &p, sizeof bits);
    bits += n << 23;
    memcpy(&p, &bits, sizeof p);
    return p;
}

/* 1 / x for 2^-100 < x < 2^100, relative error below 2e-7. Subtracting the number's
   bits from a constant is 5 % away at most, a step with the error's square 1.3e-4, and
   one more step below rounding. */
FOVEA_ACTIVATION_INLINE float
fovea_activation_reciprocal(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = 0x7ef31000U - bits;
    float y;
    memcpy(&y, &bits, sizeof y);
    float error = __builtin_fmaf(-x, y, 1.0F);
    y = __builtin_fmaf(y, __builtin_fmaf(error, error, error), y);
    error = __builtin_fmaf(-x, y, 1.0F);
    return __builtin_fmaf(y, error, y);
}

/* Between -most and most. Magnitudes are ordered as their bits are, which compilers
   know an instruction for; NaN becomes one of the two. */
FOVEA_ACTIVATION_INLINE float
fovea_activation_clamp(float x, float most)
{
    int32_t bits;
    int32_t most_bits;
    memcpy(&bits, &x, sizeof bits);
    memcpy(&most_bits, &most, sizeof most_bits);
    const int32_t sign = bits & INT32_MIN;
    bits &= INT32_MAX;
    bits = (bits < most_bits ? bits : most_bits) | sign;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* x / (1 + 2^t) */
FOVEA_ACTIVATION_INLINE float
fovea_activation_gate(float x, float t)
{
    t = fovea_activation_clamp(t, 80.0F);
    return x * fovea_activation_reciprocal(1.0F + fovea_activation_exp2(t));
}

FOVEA_ACTIVATION_INLINE float
fovea_activation_gelu(float x)
{
    const float square = fovea_activation_clamp(x * x, 31.36F);
    float p = __builtin_fmaf(square, -5.19185154e-09F, 3.84311106e-07F);
    p = __builtin_fmaf(p, square, -1.14415981e-05F);
    p = __builtin_fmaf(p, square, 0.000159316797F);
    p = __builtin_fmaf(p, square, 9.58186265e-05F);
    p = __builtin_fmaf(p, square, -0.104838874F);
    p = __builtin_fmaf(p, square, -2.30220709F);
    return fovea_activation_gate(x, x * p);
}

FOVEA_ACTIVATION_INLINE float
fovea_activation_gelu_tanh(float x)
{
    const float p = __builtin_fmaf(x * x, -0.102943241F, -2.30220820F);
    return fovea_activation_gate(x, x * p);
}

/** What is done to a sum before it is stored; FOVEA_POST_ADD is not one of them.
 *  @param post  A constant where it is called, so that no loop has a branch. */
FOVEA_ACTIVATION_INLINE float
fovea_activation_apply(float x, enum fovea_post post)
{
    switch (post) {
    case FOVEA_POST_QUICK_GELU:
        return fovea_activation_gate(x, -2.45546696F * x);
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
