/*
 * ICO and CUR: a directory of pictures, of which the largest counts, and of
 * equally large ones of an icon the deepest. A picture is a PNG, or a BMP
 * without the header of its file, twice as high as it is: below its pixels are
 * those of a mask. Alpha is dropped and masks are not looked at.
 *
 * A picture's stated size is not needed, and is not believed.
 */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "image/byte_order.h"
#include "image/codec/bmp.h"
#include "image/codec/codec.h"
#include "image/codec/within.h"

enum {
    DIRECTORY_SIZE = 6,
    ENTRY_SIZE = 16,
    MAX_SIDE_PX = 256, /* is written as 0 */
    MAX_DEPTH = 256,   /* of an entry that states none */
    ENTRIES_AT_ONCE = 256
};

struct entry {
    unsigned pixels;
    unsigned depth;
    uint32_t at;
};

static unsigned
side_of(uint8_t byte)
{
    return byte ? byte : MAX_SIDE_PX;
}

/* Bits a pixel, or those that the number of colours needs. */
static unsigned
depth_of(const uint8_t *bytes)
{
    unsigned n_colours = bytes[2];
    unsigned bits = (unsigned)fovea_little_endian(bytes + 6, 2);
    if (bits == 0 && n_colours > 1) {
        bits = 32U - (unsigned)__builtin_clz(n_colours - 1);
    }
    return bits ? bits : MAX_DEPTH;
}

/* Of a cursor the hot spot stands where an icon has its depth. */
static struct entry
parse_entry(const uint8_t *bytes, bool is_cursor)
{
    return (struct entry){
        .pixels = side_of(bytes[0]) * side_of(bytes[1]),
        .depth = is_cursor ? 0 : depth_of(bytes),
        .at = (uint32_t)fovea_little_endian(bytes + 12, 4),
    };
}

/* Of icons that are alike the last, as in Pillow; of cursors the first. */
static bool
is_better(const struct entry *entry, const struct entry *best, bool is_cursor)
{
    if (entry->pixels != best->pixels) {
        return entry->pixels > best->pixels;
    }
    return !is_cursor && entry->depth >= best->depth;
}

static enum fovea_status
read_exactly(const struct fovea_input *input, uint64_t at, uint8_t *bytes,
        size_t size, struct fovea_error *err)
{
    size_t n = 0;
    enum fovea_status status =
            fovea_input_read(input, at, bytes, size, &n, err);
    if (!status && n < size) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
                "the file ends in its directory");
    }
    return status;
}

static enum fovea_status
choose(const struct fovea_input *input, struct entry *best_out,
        struct fovea_error *err)
{
    uint8_t head[DIRECTORY_SIZE];
    uint8_t bytes[ENTRIES_AT_ONCE * ENTRY_SIZE];
    enum fovea_status status = read_exactly(input, 0, head, sizeof head, err);
    if (status) {
        return status;
    }
    bool is_cursor = head[2] == 2;
    size_t n_left = (size_t)fovea_little_endian(head + 4, 2);
    uint64_t at = DIRECTORY_SIZE;
    while (n_left > 0) {
        size_t n = n_left < ENTRIES_AT_ONCE ? n_left : ENTRIES_AT_ONCE;
        status = read_exactly(input, at, bytes, n * ENTRY_SIZE, err);
        if (status) {
            return status;
        }
        for (size_t i = 0; i < n; i++) {
            struct entry entry = parse_entry(bytes + i * ENTRY_SIZE, is_cursor);
            if (is_better(&entry, best_out, is_cursor)) {
                *best_out = entry;
            }
        }
        at += n * ENTRY_SIZE;
        n_left -= n;
    }
    return FOVEA_OK;
}

static enum fovea_status
decode_bmp(const struct fovea_input *window, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    struct fovea_bmp bmp;
    enum fovea_status status = fovea_bmp_read_bare_header(window, &bmp, err);
    if (status) {
        return status;
    }
    bmp.height_px /= 2;
    return fovea_bmp_push(window, &bmp, limits, sink, err);
}

static enum fovea_status
decode_picture(const struct fovea_input *input, uint64_t at,
        const struct fovea_limits *limits, const struct fovea_row_sink *sink,
        struct fovea_error *err)
{
    static const char png[] = "\x89PNG\r\n\x1a\n";
    struct fovea_input window;
    uint8_t start[sizeof png - 1];
    size_t n = 0;
    if (at >= input->size) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
                "the file ends before its largest picture");
    }
    fovea_input_window(input, at, UINT64_MAX, &window);
    enum fovea_status status =
            fovea_input_read(&window, 0, start, sizeof start, &n, err);
    if (status) {
        return status;
    }
    bool is_png = n > 0 && memcmp(start, png, n) == 0; /* or what is left */
    return is_png ? fovea_decode_png(&window, limits, sink, err)
                  : decode_bmp(&window, limits, sink, err);
}

enum fovea_status
fovea_decode_ico(struct fovea_input *input, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    struct fovea_within within = {
        .sink = sink,
        .format = FOVEA_FORMAT_ICO,
        .orientation = 1,
    };
    struct fovea_row_sink before = fovea_within_sink(&within);
    struct entry best = { 0 };
    enum fovea_status status = choose(input, &best, err);
    if (!status) {
        status = decode_picture(input, best.at, limits, &before, err);
    }
    if (status) {
        fovea_error_prefix(err, "ICO");
    }
    return status;
}
