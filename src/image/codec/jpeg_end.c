/* See jpeg_end.h. */
#include "image/codec/jpeg_end.h"

#include "image/byte_order.h"

enum {
    READ_SIZE = 4096,
    TEM = 0x01,
    DHT = 0xc4,
    DAC = 0xcc,
    RST0 = 0xd0,
    RST7 = 0xd7,
    EOI = 0xd9,
    SOS = 0xda,
    DQT = 0xdb,
    DNL = 0xdc,
    DRI = 0xdd,
    APP0 = 0xe0,
    APP15 = 0xef,
    COM = 0xfe
};

/* Look at some bytes; whether the marker is among them. */
static bool
look(const uint8_t *bytes, size_t n, bool *after_ff,
        struct fovea_jpeg_marker *marker)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == 0xff) {
            *after_ff = true;
        } else if (!*after_ff) {
            marker->has_bytes = marker->has_bytes || bytes[i] != 0;
        } else if (bytes[i] == 0) {
            *after_ff = false;
            marker->has_bytes = true;
        } else {
            marker->code = bytes[i];
            marker->at += i;
            marker->at--;
            return true;
        }
    }
    marker->at += n;
    return false;
}

enum fovea_status
fovea_jpeg_find_marker(const struct fovea_input *input, uint64_t from,
        struct fovea_jpeg_marker *marker_out, struct fovea_error *err)
{
    uint8_t bytes[READ_SIZE];
    bool after_ff = false;
    size_t n = 0;
    *marker_out = (struct fovea_jpeg_marker){ .at = from };
    do {
        enum fovea_status status = fovea_input_read(input, marker_out->at,
                bytes, sizeof bytes, &n, err);
        if (status) {
            return status;
        }
    } while (!look(bytes, n, &after_ff, marker_out) && n == sizeof bytes);
    return FOVEA_OK;
}

enum fovea_status
fovea_jpeg_is_padding(const struct fovea_input *input, uint64_t before,
        uint64_t n, bool *is_out, struct fovea_error *err)
{
    uint8_t bytes[READ_SIZE];
    *is_out = n <= before;
    for (uint64_t at = before - n; *is_out && at < before;) {
        size_t size = before - at < sizeof bytes ? (size_t)(before - at)
                                                 : sizeof bytes;
        size_t n_read = 0;
        enum fovea_status status =
                fovea_input_read(input, at, bytes, size, &n_read, err);
        if (status) {
            return status;
        }
        *is_out = n_read == size;
        for (size_t i = 0; i < n_read; i++) {
            *is_out = *is_out && bytes[i] == 0;
        }
        at += size;
    }
    return FOVEA_OK;
}

/* Segments that may stand between scans. */
static bool
is_segment(uint8_t code)
{
    switch (code) {
    case DHT:
    case DAC:
    case SOS:
    case DQT:
    case DNL:
    case DRI:
    case COM:
        return true;
    default:
        return code >= APP0 && code <= APP15;
    }
}

/* The offset behind a segment; 0 if it is none: behind it another must begin,
   or data. */
static enum fovea_status
step_over(const struct fovea_input *input,
        const struct fovea_jpeg_marker *marker, uint64_t *next_out,
        struct fovea_error *err)
{
    uint8_t bytes[2];
    size_t n = 0;
    *next_out = 0;
    enum fovea_status status = fovea_input_read(input, marker->at + 2, bytes,
            sizeof bytes, &n, err);
    uint64_t size = n == sizeof bytes ? fovea_big_endian(bytes, 2) : 0;
    if (status || size < 2) {
        return status;
    }
    uint64_t next = marker->at + 2 + size;
    status = fovea_input_read(input, next, bytes, 1, &n, err);
    if (marker->code == SOS || n == 0 || bytes[0] == 0xff) {
        *next_out = next;
    }
    return status;
}

enum fovea_status
fovea_jpeg_find_end(const struct fovea_input *input, uint64_t from,
        struct fovea_jpeg_marker *end_out, struct fovea_error *err)
{
    for (;;) {
        enum fovea_status status =
                fovea_jpeg_find_marker(input, from, end_out, err);
        uint8_t code = end_out->code;
        if (status || code == 0 || code == EOI) {
            return status;
        }
        uint64_t next = end_out->at + 2;
        if (code != TEM && (code < RST0 || code > RST7)) {
            status = is_segment(code) ? step_over(input, end_out, &next, err)
                                      : FOVEA_OK;
            if (status || !is_segment(code) || next == 0) {
                return status;
            }
        }
        from = next;
    }
}
