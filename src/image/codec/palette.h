/*
 * Samples of 1, 2, 4 or 8 bits to RGB by a table: palettes, and grey as a
 * palette of greys. A table always has 256 entries, so that no index of a
 * damaged file can fall outside it.
 */
#ifndef FOVEA_IMAGE_CODEC_PALETTE_H
#define FOVEA_IMAGE_CODEC_PALETTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FOVEA_PALETTE_SIZE = 256
};

struct fovea_palette {
    uint8_t rgb[FOVEA_PALETTE_SIZE][3];
};

/** Greys from black to white over the first 1 << bits entries. */
void fovea_palette_set_grey(struct fovea_palette *palette, unsigned bits,
        bool white_is_zero);

/**
 * Look up a row.
 *
 * @param bits    Of a sample: 1, 2, 4 (packed, the high bits first) or 8.
 * @param stride  Bytes from one 8-bit sample to the next, 1 or more; samples of
 *                fewer bits are always packed and ignore it.
 * @param rgb     [n][3].
 */
void fovea_palette_expand(const struct fovea_palette *palette, unsigned bits,
        size_t stride, const uint8_t *samples, size_t n, uint8_t *rgb);

#endif
