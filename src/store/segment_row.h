/* A row as it lies in a segment's file: values, checksums. */
#ifndef FOVEA_STORE_SEGMENT_ROW_H
#define FOVEA_STORE_SEGMENT_ROW_H

#include "store/segment_layout.h"

/** What stands behind the values of row number `row`. */
struct fovea_segment_checks fovea_segment_checks_make(
        const struct fovea_segment_layout *layout, uint64_t row,
        const void *values, const uint8_t *codes,
        const struct fovea_codes_mark *mark);

/** The checksum of values alone. */
uint64_t fovea_segment_values_check(const struct fovea_segment_layout *layout,
        uint64_t row, const void *values);

/** float32 to what is stored, and back. n values. */
void fovea_segment_values_pack(const struct fovea_segment_layout *layout,
        const float *values, void *stored_out);
void fovea_segment_values_unpack(const struct fovea_segment_layout *layout,
        const void *stored, float *values_out);

#endif
