/* Writing JPEG files with libjpeg, for tests that then damage them. */
#ifndef FOVEA_SUPPORT_IMAGE_JPEG_H
#define FOVEA_SUPPORT_IMAGE_JPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jpeg_wish {
    unsigned width;
    unsigned height;
    int n_components; /* 1..4 */
    bool progressive;
    unsigned restart_rows;
    bool planes; /* a scan for each component, not progressive */
};

struct jpeg_file {
    uint8_t *bytes;
    size_t size;
};

/** A picture of one sample value; a slope where `slope` is set. */
void jpeg_write(struct jpeg_file *file, const struct jpeg_wish *wish,
        const uint8_t *value, bool slope);
void jpeg_finish(struct jpeg_file *file);

/** Offset of the n-th marker of this code (n from 0). */
size_t jpeg_find(const struct jpeg_file *file, uint8_t marker, size_t n);

/** Put bytes in at an offset. */
void jpeg_insert(struct jpeg_file *file, size_t at, const void *bytes,
        size_t size);

#endif
