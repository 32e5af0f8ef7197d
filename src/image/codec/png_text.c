/* Text chunks: see png_text.h. Source: PNG specification, section 11.3.4. */
#include "image/codec/png_text.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

#include "image/exif.h"

/* Step behind the next zero byte. */
static bool
skip_string(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *zero = memchr(*at, 0, (size_t)(end - *at));
    if (!zero) {
        return false;
    }
    *at = zero + 1;
    return true;
}

/* Size of the valid sequence at the start, 0 if there is none. Source: the
   Unicode Standard, table 3-7. */
static size_t
sequence_size(const uint8_t *at, size_t size)
{
    uint8_t first = at[0];
    if (first < 0xc2) {
        return first < 0x80 ? 1 : 0;
    }
    size_t n = 2;
    if (first >= 0xe0) {
        n = first < 0xf0 ? 3 : 4;
    }
    if (first > 0xf4 || size < n) {
        return 0;
    }
    uint8_t low = 0x80;
    uint8_t high = 0xbf;
    if (first == 0xe0) {
        low = 0xa0;
    } else if (first == 0xed) {
        high = 0x9f;
    } else if (first == 0xf0) {
        low = 0x90;
    } else if (first == 0xf4) {
        high = 0x8f;
    }
    if (at[1] < low || at[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return n;
}

bool
fovea_png_text_is_utf8(const uint8_t *text, size_t size)
{
    while (size > 0) {
        size_t n = sequence_size(text, size);
        if (n == 0) {
            return false;
        }
        text += n;
        size -= n;
    }
    return true;
}

bool
fovea_png_text_find(enum fovea_png_text_kind kind, const uint8_t *data,
        size_t size, struct fovea_png_text *text_out)
{
    const uint8_t *at = data;
    const uint8_t *end = data + size;
    bool deflated = false;
    if (!skip_string(&at, end)) {
        return false;
    }
    if (kind == FOVEA_PNG_TEXT_COMPRESSED) {
        if (at == end || *at != 0) {
            return false;
        }
        at++;
        deflated = true;
    } else if (kind == FOVEA_PNG_TEXT_INTERNATIONAL) {
        if (end - at < 2 || (at[0] != 0 && at[1] != 0)) {
            return false;
        }
        deflated = at[0] != 0;
        at += 2;
        for (int i = 0; i < 2; i++) { /* language, translated keyword */
            const uint8_t *string = at;
            if (!skip_string(&at, end) ||
                    !fovea_png_text_is_utf8(string, (size_t)(at - string))) {
                return false;
            }
        }
    }
    text_out->is_utf8 = kind == FOVEA_PNG_TEXT_INTERNATIONAL;
    text_out->bytes = at;
    text_out->size = (size_t)(end - at);
    text_out->deflated = deflated;
    return true;
}

bool
fovea_png_text_inflate(const struct fovea_png_text *text, uint8_t *out,
        size_t max, size_t *size_out)
{
    uLongf size = max;
    if (uncompress(out, &size, text->bytes, text->size) != Z_OK) {
        return false;
    }
    *size_out = size;
    return true;
}

static int
hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

/* Digits to bytes, in place; white space may stand between bytes. Gives the
   number of bytes, 0 if anything else is there. */
static size_t
unhex(const uint8_t *text, size_t size, uint8_t *bytes)
{
    size_t n = 0;
    for (size_t i = 0; i < size;) {
        if (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r')) {
            i++;
            continue;
        }
        int high = hex_digit(text[i]);
        int low = i + 1 < size ? hex_digit(text[i + 1]) : -1;
        if (high < 0 || low < 0) {
            return 0;
        }
        bytes[n++] = (uint8_t)(high * 16 + low);
        i += 2;
    }
    return n;
}

struct fovea_exif
fovea_png_profile_exif(uint8_t *text, size_t size)
{
    const uint8_t *at = text;
    const uint8_t *end = text + size;
    for (int line = 0; line < 3; line++) {
        const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline) {
            return (struct fovea_exif){ 0 };
        }
        at = newline + 1;
    }
    /* Line breaks go first: they may also stand inside a byte. */
    size_t n_digits = 0;
    for (; at < end; at++) {
        if (*at != '\n') {
            text[n_digits++] = *at;
        }
    }
    size_t n = unhex(text, n_digits, text);
    return fovea_exif_read(text, n);
}

unsigned
fovea_png_xmp_orientation(const uint8_t *text, size_t size)
{
    static const char name[] = "tiff:Orientation";
    const size_t length = sizeof name - 1;
    const uint8_t *end = text + size;
    const uint8_t *at = text;
    while ((at = memmem(at, (size_t)(end - at), name, length)) != NULL) {
        at += length;
        size_t skip = 0;
        if (end - at >= 3 && at[0] == '=' && at[1] == '"') {
            skip = 2;
        } else if (end - at >= 2 && at[0] == '>') {
            skip = 1;
        }
        if (skip > 0 && at[skip] >= '0' && at[skip] <= '9') {
            unsigned value = (unsigned)(at[skip] - '0');
            return value >= 1 && value <= 8 ? value : 1;
        }
    }
    return FOVEA_EXIF_NO_ORIENTATION;
}
