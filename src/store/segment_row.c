/* See segment_row.h. */
#include "store/segment_row.h"

#include <string.h>

#include "base/checksum.h"
#include "store/halves.h"

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

void
fovea_segment_values_pack(const struct fovea_segment_layout *layout,
        const float *values, void *stored_out)
{
    if (layout->value_size == sizeof(float)) {
        memcpy(stored_out, values, layout->dimension * sizeof *values);
        return;
    }
    fovea_halves_pack(values, layout->dimension, stored_out);
}

void
fovea_segment_values_unpack(const struct fovea_segment_layout *layout,
        const void *stored, float *values_out)
{
    if (layout->value_size == sizeof(float)) {
        memcpy(values_out, stored, layout->dimension * sizeof *values_out);
        return;
    }
    fovea_halves_unpack(stored, layout->dimension, values_out);
}
