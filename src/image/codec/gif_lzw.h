/*
 * The pixels of a GIF. Codes may begin with 10 to 12 bits too, as long as each
 * pixel is one of the 256 colours that a palette can have: such files are rare
 * and legal. A code that cannot be is the end.
 */
#ifndef FOVEA_IMAGE_CODEC_GIF_LZW_H
#define FOVEA_IMAGE_CODEC_GIF_LZW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FOVEA_GIF_LZW_MIN_SIZE = 1, /* of a pixel in bits */
    FOVEA_GIF_LZW_MAX_SIZE = 11,
    FOVEA_GIF_LZW_CODES = 4096
};

/** Read exactly that many bytes; false if there are not as many. */
typedef bool fovea_gif_read_fn(void *context, uint8_t *buffer, size_t size);

struct fovea_gif_lzw {
    fovea_gif_read_fn *read;
    void *context;
    unsigned min_size; /* the byte before the blocks */
    unsigned width;    /* of a code in bits */
    unsigned next;     /* code */
    unsigned previous; /* code; FOVEA_GIF_LZW_CODES: none */
    uint32_t bits;     /* read and not used, the lowest first */
    unsigned n_bits;
    uint8_t block[255];
    size_t at; /* in the block */
    size_t n;
    uint16_t prefix[FOVEA_GIF_LZW_CODES];
    uint16_t suffix[FOVEA_GIF_LZW_CODES];
    uint16_t stack[FOVEA_GIF_LZW_CODES]; /* of a string, its last pixel first */
    size_t n_stack;
};

/** Start behind the byte that says min_size, which is in the range above. */
void fovea_gif_lzw_start(struct fovea_gif_lzw *lzw, fovea_gif_read_fn *read,
        void *context, unsigned min_size);

/** The next n pixels; false if they are damaged or not there. */
bool fovea_gif_lzw_read(struct fovea_gif_lzw *lzw, uint8_t *pixels, size_t n);

#endif
