/* Writing PNG files by the chunk, sound ones and others. */
#ifndef FOVEA_SUPPORT_IMAGE_PNG_H
#define FOVEA_SUPPORT_IMAGE_PNG_H

#include <stddef.h>
#include <stdint.h>

struct png_file {
    uint8_t bytes[4096];
    size_t size;
};

struct png_header {
    uint32_t width;
    uint32_t height;
    uint8_t depth;
    uint8_t colour_type;
    uint8_t interlace;
};

/** Signature and IHDR. */
void png_begin(struct png_file *file, const struct png_header *header);
void png_chunk(struct png_file *file, const char *type, const void *data,
        size_t size);
/** IDAT with rows as they are stored, filter bytes included. */
void png_rows(struct png_file *file, const void *rows, size_t size);
void png_end(struct png_file *file);

#endif
