/*
 * A row of a thumbnail, as a worker writes it into a job's file: how many bytes
 * its JPEG has, and the JPEG. The size is this machine's, as host and worker are.
 */
#ifndef FOVEA_WIRE_THUMBNAIL_H
#define FOVEA_WIRE_THUMBNAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fovea_thumbnail_row {
    uint32_t size;
    uint8_t jpeg[];
};

/** Of the JPEG of a thumbnail of that longer side, at most. */
size_t fovea_thumbnail_jpeg_bytes(uint32_t side_px);

/** Of a row. */
size_t fovea_thumbnail_row_bytes(uint32_t side_px);

/**
 * Whether a row looks like what it should be: a baseline JPEG of 8 bits in three
 * colours, within the side, that has nothing in it but the picture, and ends
 * where the row says, within row_bytes. Its scan is not looked into.
 */
bool fovea_thumbnail_is_row(const struct fovea_thumbnail_row *row,
        size_t row_bytes, uint32_t side_px);

#endif
