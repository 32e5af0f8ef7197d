/*
 * Sixteen floats at a time, by the instructions that a file is compiled for: one
 * register of AVX-512, or two of AVX2. What is computed is the same, bit for bit:
 * every multiply-add is written out, and sums across lanes have one order.
 */
#ifndef FOVEA_ENGINE_CPU_VECTOR16_H
#define FOVEA_ENGINE_CPU_VECTOR16_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE16 static inline __attribute__((always_inline))

INLINE16 float
sum8(__m256 a)
{
    __m128 b =
            _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    b = _mm_add_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_add_ss(b, _mm_shuffle_ps(b, b, 1)));
}

INLINE16 float
max8(__m256 a)
{
    __m128 b =
            _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    b = _mm_max_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_max_ss(b, _mm_shuffle_ps(b, b, 1)));
}

#ifdef __AVX512F__

typedef __m512 vec16;

INLINE16 vec16
load16(const float *from)
{
    return _mm512_loadu_ps(from);
}

/* The first n floats of 1 to 16, and 0. */
INLINE16 vec16
load_first16(const float *from, size_t n)
{
    return _mm512_maskz_loadu_ps((__mmask16)((1U << n) - 1), from);
}

INLINE16 void
store16(float *to, vec16 a)
{
    _mm512_storeu_ps(to, a);
}

INLINE16 vec16
fill16(float value)
{
    return _mm512_set1_ps(value);
}

INLINE16 vec16
add16(vec16 a, vec16 b)
{
    return _mm512_add_ps(a, b);
}

INLINE16 vec16
sub16(vec16 a, vec16 b)
{
    return _mm512_sub_ps(a, b);
}

INLINE16 vec16
mul16(vec16 a, vec16 b)
{
    return _mm512_mul_ps(a, b);
}

INLINE16 vec16
max16(vec16 a, vec16 b)
{
    return _mm512_max_ps(a, b);
}

/* a * b + c */
INLINE16 vec16
fma16(vec16 a, vec16 b, vec16 c)
{
    return _mm512_fmadd_ps(a, b, c);
}

INLINE16 vec16
round16(vec16 a)
{
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT);
}

/* a * 2^n of whole numbers n, where that is a normal number. */
INLINE16 vec16
scale16(vec16 a, vec16 n)
{
    return _mm512_scalef_ps(a, n);
}

/* The first n lanes of a, the others of b. */
INLINE16 vec16
first16(vec16 a, vec16 b, size_t n)
{
    return _mm512_mask_blend_ps((__mmask16)((1U << n) - 1), b, a);
}

INLINE16 float
add_up16(vec16 a)
{
    return sum8(_mm256_add_ps(_mm512_castps512_ps256(a),
            _mm512_extractf32x8_ps(a, 1)));
}

INLINE16 float
most16(vec16 a)
{
    return max8(_mm256_max_ps(_mm512_castps512_ps256(a),
            _mm512_extractf32x8_ps(a, 1)));
}

#else

typedef struct {
    __m256 low;
    __m256 high;
} vec16;

INLINE16 vec16
load16(const float *from)
{
    return (vec16){ _mm256_loadu_ps(from), _mm256_loadu_ps(from + 8) };
}

/* All bits of the first n of sixteen lanes. */
INLINE16 const int32_t *
lanes16(size_t n)
{
    static const int32_t taken[32] = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1 };
    return taken + 16 - n;
}

/* The first n floats of 1 to 16, and 0. */
INLINE16 vec16
load_first16(const float *from, size_t n)
{
    const __m256i *lanes = (const __m256i *)(const void *)lanes16(n);
    return (vec16){ _mm256_maskload_ps(from, _mm256_loadu_si256(lanes)),
        _mm256_maskload_ps(from + 8, _mm256_loadu_si256(lanes + 1)) };
}

INLINE16 void
store16(float *to, vec16 a)
{
    _mm256_storeu_ps(to, a.low);
    _mm256_storeu_ps(to + 8, a.high);
}

INLINE16 vec16
fill16(float value)
{
    return (vec16){ _mm256_set1_ps(value), _mm256_set1_ps(value) };
}

INLINE16 vec16
add16(vec16 a, vec16 b)
{
    return (vec16){ _mm256_add_ps(a.low, b.low),
        _mm256_add_ps(a.high, b.high) };
}

INLINE16 vec16
sub16(vec16 a, vec16 b)
{
    return (vec16){ _mm256_sub_ps(a.low, b.low),
        _mm256_sub_ps(a.high, b.high) };
}

INLINE16 vec16
mul16(vec16 a, vec16 b)
{
    return (vec16){ _mm256_mul_ps(a.low, b.low),
        _mm256_mul_ps(a.high, b.high) };
}

INLINE16 vec16
max16(vec16 a, vec16 b)
{
    return (vec16){ _mm256_max_ps(a.low, b.low),
        _mm256_max_ps(a.high, b.high) };
}

INLINE16 vec16
fma16(vec16 a, vec16 b, vec16 c)
{
    return (vec16){ _mm256_fmadd_ps(a.low, b.low, c.low),
        _mm256_fmadd_ps(a.high, b.high, c.high) };
}

INLINE16 vec16
round16(vec16 a)
{
    return (vec16){
        _mm256_round_ps(a.low, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC),
        _mm256_round_ps(a.high, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
    };
}

INLINE16 __m256
scale8(__m256 a, __m256 n)
{
    const __m256i exponent = _mm256_slli_epi32(
            _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)),
            23);
    return _mm256_mul_ps(a, _mm256_castsi256_ps(exponent));
}

INLINE16 vec16
scale16(vec16 a, vec16 n)
{
    return (vec16){ scale8(a.low, n.low), scale8(a.high, n.high) };
}

INLINE16 vec16
first16(vec16 a, vec16 b, size_t n)
{
    const float *mask = (const float *)(const void *)lanes16(n);
    return (vec16){ _mm256_blendv_ps(b.low, a.low, _mm256_loadu_ps(mask)),
        _mm256_blendv_ps(b.high, a.high, _mm256_loadu_ps(mask + 8)) };
}

INLINE16 float
add_up16(vec16 a)
{
    return sum8(_mm256_add_ps(a.low, a.high));
}

INLINE16 float
most16(vec16 a)
{
    return max8(_mm256_max_ps(a.low, a.high));
}

#endif

#endif
