/*
 * The head of a JPEG: see jpeg_head.h. Walking the segments here, and not
 * keeping them in libjpeg, costs one segment of memory however many the file
 * has. Source of the markers: ITU-T T.81, table B.1.
 */
#include "image/codec/jpeg_head.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "image/byte_order.h"

enum {
    MARKER_TEM = 0x01,
    MARKER_SOF0 = 0xc0,
    MARKER_DHT = 0xc4,
    MARKER_JPG = 0xc8,
    MARKER_DAC = 0xcc,
    MARKER_SOF15 = 0xcf,
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

static bool
is_frame(uint8_t marker)
{
    return marker >= MARKER_SOF0 && marker <= MARKER_SOF15 &&
            marker != MARKER_DHT && marker != MARKER_JPG &&
            marker != MARKER_DAC;
}

static enum fovea_status
read_exif(const struct fovea_input *input, uint64_t offset, size_t size,
        struct fovea_jpeg_head *head, struct fovea_error *err)
{
    FOVEA_AUTO_FREE uint8_t *segment = malloc(size);
    if (!segment) {
        return fovea_fail_memory(err, size, "the EXIF segment");
    }
    size_t n = 0;
    enum fovea_status status =
            fovea_input_read(input, offset, segment, size, &n, err);
    if (!status) {
        head->exif = fovea_exif_read(segment, n);
    }
    return status;
}

static void
read_frame(const uint8_t *segment, struct fovea_jpeg_head *head)
{
    head->marker = segment[1];
    head->precision = segment[4];
    head->height_px = (uint32_t)fovea_big_endian(segment + 5, 2);
    head->width_px = (uint32_t)fovea_big_endian(segment + 7, 2);
    head->n_components = segment[9];
}

enum fovea_status
fovea_jpeg_read_head(const struct fovea_input *input,
        struct fovea_jpeg_head *head_out, struct fovea_error *err)
{
    uint64_t at = 2; /* behind SOI */
    bool has_exif = false;
    memset(head_out, 0, sizeof *head_out);
    for (int step = 0; step < MAX_STEPS; step++) {
        /* Marker, length, and the name of an APP segment or a whole frame. */
        uint8_t bytes[10] = { 0 };
        size_t n = 0;
        enum fovea_status status =
                fovea_input_read(input, at, bytes, sizeof bytes, &n, err);
        if (status) {
            return status;
        }
        if (n < 4) {
            break;
        }
        if (bytes[0] != 0xff || bytes[1] == 0xff) {
            at += 1; /* junk, or a fill byte */
            continue;
        }
        uint8_t marker = bytes[1];
        if (marker == MARKER_SOS || marker == MARKER_EOI) {
            break;
        }
        if (marker == 0 || !has_length(marker)) {
            at += 2;
            continue;
        }
        size_t length = fovea_big_endian(bytes + 2, 2);
        if (length < 2) {
            break;
        }
        if (!has_exif && marker == MARKER_APP1 && length >= 7 &&
                memcmp(bytes + 4, "Exif", 5) == 0) {
            has_exif = true;
            status = read_exif(input, at + 4, length - 2, head_out, err);
            if (status) {
                return status;
            }
        } else if (is_frame(marker) && head_out->marker == 0 &&
                n == sizeof bytes) {
            read_frame(bytes, head_out);
        }
        at += 2 + length;
    }
    return FOVEA_OK;
}
