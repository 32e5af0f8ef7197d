/*
 * The orientation of a JPEG: see jpeg_exif.h. Walking the segments here, and
 * not keeping them in libjpeg, costs one segment of memory however many the
 * file has. Source of the markers: ITU-T T.81, table B.1.
 */
#include "image/jpeg_exif.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "image/bytes.h"
#include "image/exif.h"

enum {
    MARKER_TEM = 0x01,
    MARKER_RST0 = 0xd0,
    MARKER_SOI = 0xd8,
    MARKER_EOI = 0xd9,
    MARKER_SOS = 0xda,
    MARKER_APP1 = 0xe1,
    /* Steps of the walk: pictures have tens; beyond this nobody looks. */
    MAX_STEPS = 1 << 16
};

static bool
has_length(uint8_t marker)
{
    return marker != MARKER_TEM &&
            (marker < MARKER_RST0 || marker > MARKER_SOI);
}

static enum fovea_status
read_segment(const struct fovea_input *input, uint64_t offset, size_t size,
        unsigned *orientation_out, struct fovea_error *err)
{
    FOVEA_AUTO_FREE uint8_t *segment = malloc(size);
    if (!segment) {
        return fovea_fail_memory(err, size, "the EXIF segment");
    }
    size_t n = 0;
    enum fovea_status status =
            fovea_input_read(input, offset, segment, size, &n, err);
    if (status) {
        return status;
    }
    unsigned orientation = fovea_exif_orientation(segment, n);
    *orientation_out = orientation ? orientation : 1;
    return FOVEA_OK;
}

enum fovea_status
fovea_jpeg_orientation(const struct fovea_input *input,
        unsigned *orientation_out, struct fovea_error *err)
{
    uint64_t at = 2; /* behind SOI */
    *orientation_out = 1;
    for (int step = 0; step < MAX_STEPS; step++) {
        /* Marker, length and the name of an APP segment. */
        uint8_t head[9] = { 0 };
        size_t n = 0;
        enum fovea_status status =
                fovea_input_read(input, at, head, sizeof head, &n, err);
        if (status) {
            return status;
        }
        if (n < 4) {
            break;
        }
        if (head[0] != 0xff || head[1] == 0xff) {
            at += 1; /* junk, or a fill byte */
            continue;
        }
        uint8_t marker = head[1];
        if (marker == MARKER_SOS || marker == MARKER_EOI) {
            break;
        }
        if (marker == 0 || !has_length(marker)) {
            at += 2;
            continue;
        }
        size_t length = fovea_big_endian(head + 2, 2);
        if (length < 2) {
            break;
        }
        if (marker == MARKER_APP1 && length >= 7 &&
                memcmp(head + 4, "Exif", 5) == 0) {
            return read_segment(input, at + 4, length - 2, orientation_out,
                    err);
        }
        at += 2 + length;
    }
    return FOVEA_OK;
}
