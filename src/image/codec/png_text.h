/* The text chunks of PNG: taking them apart, and what is in two of them. */
#ifndef FOVEA_IMAGE_CODEC_PNG_TEXT_H
#define FOVEA_IMAGE_CODEC_PNG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fovea_png_text_kind {
    FOVEA_PNG_TEXT_PLAIN,         /* tEXt */
    FOVEA_PNG_TEXT_COMPRESSED,    /* zTXt */
    FOVEA_PNG_TEXT_INTERNATIONAL, /* iTXt */
};

struct fovea_png_text {
    const uint8_t *bytes; /* inside the chunk */
    size_t size;
    bool deflated;
    bool is_utf8; /* it must be valid UTF-8, or else does not count */
};

/** Whether all of these bytes are valid UTF-8. */
bool fovea_png_text_is_utf8(const uint8_t *text, size_t size);

/** Find the text in a chunk's data; false if the chunk is malformed. */
bool fovea_png_text_find(enum fovea_png_text_kind kind, const uint8_t *data,
        size_t size, struct fovea_png_text *text_out);

/** Inflate a zlib stream; false if it is damaged or longer than max. */
bool fovea_png_text_inflate(const struct fovea_png_text *text, uint8_t *out,
        size_t max, size_t *size_out);

/** Orientation in "Raw profile type exif": lines of hexadecimal behind three
 *  lines of heading. FOVEA_EXIF_NO_ORIENTATION if there is none. `text` is
 *  overwritten. */
struct fovea_exif fovea_png_profile_exif(uint8_t *text, size_t size);

/** Orientation in an XMP packet, attribute or element tiff:Orientation. */
unsigned fovea_png_xmp_orientation(const uint8_t *text, size_t size);

#endif
