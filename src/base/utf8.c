/* See utf8.h. Compiled for any x86-64, as the error record is. */
#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What a first byte announces: the sequence's size and the range that its
   second byte must be in (no overlong forms, surrogates or > U+10FFFF). */
static size_t
sequence_size(uint8_t first, uint8_t *low_out, uint8_t *high_out)
{
    *low_out = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    *high_out = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first < 0x80) {
        return first ? 1 : 0;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        return 2;
    }
    if (first >= 0xe0 && first <= 0xef) {
        return 3;
    }
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

size_t
fovea_utf8_size(const char *string)
{
    const uint8_t *bytes = (const uint8_t *)string;
    uint8_t low = 0;
    uint8_t high = 0;
    size_t size = sequence_size(bytes[0], &low, &high);
    if (size < 2) {
        return size;
    }
    if (bytes[1] < low || bytes[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < size; i++) { /* a NUL ends it as well */
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return size;
}

size_t
fovea_utf8_find_invalid(const void *bytes, size_t size)
{
    const uint8_t *text = bytes;
    size_t at = 0;
    while (at < size) {
        if (text[at] < 0x80) {
            at++;
            continue;
        }
        uint8_t low = 0;
        uint8_t high = 0;
        size_t n = sequence_size(text[at], &low, &high);
        if (n == 0 || n > size - at || text[at + 1] < low ||
                text[at + 1] > high) {
            return at;
        }
        for (size_t i = 2; i < n; i++) {
            if ((text[at + i] & 0xc0) != 0x80) {
                return at;
            }
        }
        at += n;
    }
    return size;
}

/* C0, DEL, C1; the separators of lines and paragraphs; what turns the direction
   of writing (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069). */
static bool
is_harmless(const char *character, size_t size)
{
    const uint8_t *bytes = (const uint8_t *)character;
    if (size == 1) {
        return bytes[0] >= ' ' && bytes[0] != 0x7f;
    }
    if (size == 2) {
        return bytes[0] != 0xc2 || bytes[1] >= 0xa0;
    }
    if (size == 3 && bytes[0] == 0xe2) {
        return !(bytes[1] == 0x80 &&
                       (bytes[2] == 0x8e || bytes[2] == 0x8f ||
                               (bytes[2] >= 0xa8 && bytes[2] <= 0xae))) &&
                !(bytes[1] == 0x81 && bytes[2] >= 0xa6 && bytes[2] <= 0xa9);
    }
    return true;
}

void
fovea_utf8_make_line(char *string)
{
    for (char *at = string; *at;) {
        size_t size = fovea_utf8_size(at);
        bool is_good = size > 0 && is_harmless(at, size);
        size = size > 0 ? size : 1;
        if (!is_good) {
            memset(at, '?', size);
        }
        at += size;
    }
}
