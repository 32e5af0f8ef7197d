/* See segment_row.h. */
#include "store/segment_row.h"

#include <immintrin.h>
#include <string.h>

#include "base/checksum.h"

enum {
    LANES = 8
};

/* What a checksum covers beside the bytes themselves: a row that is whole, but
   of another place, is not this one. */
struct row_digest {
    uint64_t seed;
    uint64_t row;
    uint64_t bytes;
    struct fovea_codes_mark mark;
};

uint64_t
fovea_segment_values_check(const struct fovea_segment_layout *layout,
        uint64_t row, const void *values)
{
    struct row_digest digest = {
        .seed = layout->seed,
        .row = row,
        .bytes = fovea_checksum(values, layout->dimension * layout->value_size),
    };
    return fovea_checksum(&digest, sizeof digest);
}

struct fovea_segment_checks
fovea_segment_checks_make(const struct fovea_segment_layout *layout,
        uint64_t row, const void *values, const uint8_t *codes,
        const struct fovea_codes_mark *mark)
{
    struct row_digest digest = {
        .seed = layout->seed,
        .row = row,
        .bytes = fovea_checksum(codes, layout->code_size),
        .mark = *mark,
    };
    return (struct fovea_segment_checks){
        .values = fovea_segment_values_check(layout, row, values),
        .codes = fovea_checksum(&digest, sizeof digest),
    };
}

/* float16 by the CPU's own conversion: to the nearest, ties to even. */
static void
to_halves(const float *values, size_t n, uint16_t *halves_out)
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

static void
from_halves(const uint16_t *halves, size_t n, float *values_out)
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

void
fovea_segment_values_pack(const struct fovea_segment_layout *layout,
        const float *values, void *stored_out)
{
    if (layout->value_size == sizeof(float)) {
        memcpy(stored_out, values, layout->dimension * sizeof *values);
        return;
    }
    to_halves(values, layout->dimension, stored_out);
}

void
fovea_segment_values_unpack(const struct fovea_segment_layout *layout,
        const void *stored, float *values_out)
{
    if (layout->value_size == sizeof(float)) {
        memcpy(values_out, stored, layout->dimension * sizeof *values_out);
        return;
    }
    from_halves(stored, layout->dimension, values_out);
}
