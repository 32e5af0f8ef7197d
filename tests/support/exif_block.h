/* A block of EXIF that says when a picture was taken. */
#ifndef FOVEA_TESTS_SUPPORT_EXIF_BLOCK_H
#define FOVEA_TESTS_SUPPORT_EXIF_BLOCK_H

#include <stdint.h>
#include <string.h>

enum {
    EXIF_BLOCK_SIZE = 64,
    EXIF_BLOCK_TEXT_AT = 44,
};

/** Little-endian; text: 19 bytes. */
static inline void
exif_block_make(const char *text, uint8_t block[EXIF_BLOCK_SIZE])
{
    /* A directory of one entry that leads to another of one entry. */
    static const uint8_t head[] = "II*\0\x08\0\0\0"
                                  "\1\0\x69\x87\4\0\1\0\0\0\x1a\0\0\0\0\0\0\0"
                                  "\1\0\3\x90\2\0\x14\0\0\0\x2c\0\0\0\0\0\0";
    _Static_assert(sizeof head == EXIF_BLOCK_TEXT_AT, "its text is behind it");
    memset(block, 0, EXIF_BLOCK_SIZE);
    memcpy(block, head, sizeof head);
    memcpy(block + EXIF_BLOCK_TEXT_AT, text, strlen(text));
}

#endif
