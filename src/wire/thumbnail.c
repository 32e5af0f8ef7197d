/* See thumbnail.h. */
#include "wire/thumbnail.h"

#include <string.h>

#include "base/size.h"

enum {
    /* Headers and tables. */
    HEAD_BYTES = 1024,
    MARKER_SOF0 = 0xc0,
    MARKER_DHT = 0xc4,
    MARKER_SOS = 0xda,
    MARKER_DQT = 0xdb,
    MARKER_APP0 = 0xe0, /* JFIF */
    FRAME_BYTES = 17,   /* of three colours */
};

/* A byte a pixel: three times what photographs take. What needs more is made
   smaller by its encoder (image/thumbnail.c). */
size_t
fovea_thumbnail_jpeg_bytes(uint32_t side_px)
{
    return fovea_round_up((size_t)side_px * side_px, sizeof(uint64_t)) +
            HEAD_BYTES;
}

size_t
fovea_thumbnail_row_bytes(uint32_t side_px)
{
    return fovea_round_up(sizeof(struct fovea_thumbnail_row) +
                    fovea_thumbnail_jpeg_bytes(side_px),
            sizeof(uint64_t));
}

static uint32_t
number(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static bool
is_frame(const uint8_t *segment, uint32_t length, uint32_t side_px)
{
    uint32_t height = number(segment + 3);
    uint32_t width = number(segment + 5);
    return length == FRAME_BYTES && segment[2] == 8 && height >= 1 &&
            height <= side_px && width >= 1 && width <= side_px &&
            segment[7] == 3;
}

bool
fovea_thumbnail_is_row(const struct fovea_thumbnail_row *row, size_t row_bytes,
        uint32_t side_px)
{
    const uint8_t *jpeg = row->jpeg;
    size_t size = row->size;
    if (size < 4 || size > row_bytes - sizeof *row ||
            memcmp(jpeg, "\xff\xd8", 2) != 0 ||
            memcmp(jpeg + size - 2, "\xff\xd9", 2) != 0) {
        return false;
    }
    unsigned n_frames = 0;
    for (size_t at = 2; size - at >= 4;) {
        const uint8_t *segment = jpeg + at + 2;
        uint8_t marker = jpeg[at + 1];
        uint32_t length = number(segment);
        if (jpeg[at] != 0xff || length < 2 || length > size - at - 2) {
            return false;
        }
        if (marker == MARKER_SOS) {
            return n_frames == 1;
        }
        if (marker == MARKER_SOF0) {
            n_frames += is_frame(segment, length, side_px);
        } else if (marker != MARKER_DHT && marker != MARKER_DQT &&
                marker != MARKER_APP0) {
            return false;
        }
        at += 2 + (size_t)length;
    }
    return false;
}
