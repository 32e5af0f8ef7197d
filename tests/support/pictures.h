/* Large pictures, composed by the codecs' own encoders. */
#ifndef FOVEA_SUPPORT_PICTURES_H
#define FOVEA_SUPPORT_PICTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct picture {
    uint8_t *bytes; /* of the file; to be freed */
    size_t size;
};

/** RGB of 8 bits. Flat but for a few edges: a file of some per mille of it. */
struct picture picture_png(uint32_t width, uint32_t height, bool interlaced);

/** Three components; sampled: chroma of half the size. */
struct picture picture_jpeg(uint32_t width, uint32_t height, bool progressive,
        bool sampled);

/** A row of any of them, R, G, B. */
void picture_row(uint32_t width, uint32_t y, uint8_t *rgb);

#endif
