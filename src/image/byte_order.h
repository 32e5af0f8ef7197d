/* Numbers of headers, byte by byte: no alignment, no byte order of ours. */
#ifndef FOVEA_IMAGE_BYTE_ORDER_H
#define FOVEA_IMAGE_BYTE_ORDER_H

#include <stddef.h>
#include <stdint.h>

/** The number in n bytes, at most 8, least significant first. */
static inline uint64_t
fovea_little_endian(const uint8_t *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t i = n; i-- > 0;) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/** The number in n bytes, at most 8, most significant first. */
static inline uint64_t
fovea_big_endian(const uint8_t *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

#endif
