/* See halves.h. */
#include "store/halves.h"

#include <immintrin.h>
#include <string.h>

enum {
    LANES = 8
};

void
fovea_halves_pack(const float *values, size_t n, uint16_t *halves_out)
{
    for (size_t i = 0; i < n; i += LANES) {
        float part[LANES] = { 0 };
        uint16_t halves[LANES];
        size_t here = n - i < LANES ? n - i : LANES;
        memcpy(part, values + i, here * sizeof *part);
        _mm_storeu_si128((__m128i *)(void *)halves,
                _mm256_cvtps_ph(_mm256_loadu_ps(part),
                        _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
        memcpy(halves_out + i, halves, here * sizeof *halves);
    }
}

void
fovea_halves_unpack(const uint16_t *halves, size_t n, float *values_out)
{
    for (size_t i = 0; i < n; i += LANES) {
        uint16_t part[LANES] = { 0 };
        float values[LANES];
        size_t here = n - i < LANES ? n - i : LANES;
        memcpy(part, halves + i, here * sizeof *part);
        _mm256_storeu_ps(values,
                _mm256_cvtph_ps(
                        _mm_loadu_si128((const __m128i *)(const void *)part)));
        memcpy(values_out + i, values, here * sizeof *values);
    }
}
