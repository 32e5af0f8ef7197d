/*
 * The headers of BMP: OS/2 version 1 (12 bytes) and 2 (64), Windows version 1
 * (40), and its extensions (52, 56, 108, 124).
 *
 * Where writers disagree on what a header means, the reading is Pillow's. The
 * surprising ones say so below.
 */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "image/bmp.h"
#include "image/bytes.h"

enum {
    FILE_HEADER_SIZE = 14,
    CORE_HEADER_SIZE = 12,
    INFO_HEADER_SIZE = 40,
    OS2_HEADER_SIZE = 64,
    MASKED_HEADER_SIZE = 56, /* from here on the masks are in the header */
    MAX_HEADER_SIZE = 124,
    MAX_COLOURS = 65536
};

static uint32_t
read_u16(const uint8_t *bytes)
{
    return (uint32_t)fovea_little_endian(bytes, 2);
}

static uint32_t
read_u32(const uint8_t *bytes)
{
    return (uint32_t)fovea_little_endian(bytes, 4);
}

static enum fovea_status
read_exactly(const struct fovea_input *input, uint64_t offset, void *buffer,
        size_t size, struct fovea_error *err)
{
    size_t n = 0;
    enum fovea_status status =
            fovea_input_read(input, offset, buffer, size, &n, err);
    if (!status && n < size) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
                "BMP: the file ends in its header");
    }
    return status;
}

static bool
is_known_header(uint32_t size)
{
    static const uint32_t sizes[] = { CORE_HEADER_SIZE, INFO_HEADER_SIZE, 52,
        MASKED_HEADER_SIZE, OS2_HEADER_SIZE, 108, MAX_HEADER_SIZE };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(sizes); i++) {
        if (size == sizes[i]) {
            return true;
        }
    }
    return false;
}

static void
parse_core(const uint8_t *header, struct fovea_bmp *bmp)
{
    bmp->width_px = read_u16(header + 4);
    bmp->height_px = read_u16(header + 6);
    bmp->bits = read_u16(header + 10);
    bmp->compression = FOVEA_BMP_RAW;
}

/* A negative height means top-down; -2^24 and below is no height at all and
   stays the huge number that the limits refuse, as a negative width does. */
static void
parse_info(const uint8_t *header, struct fovea_bmp *bmp)
{
    bmp->top_down = header[11] == 0xff;
    bmp->width_px = read_u32(header + 4);
    bmp->height_px = read_u32(header + 8);
    if (bmp->top_down) {
        bmp->height_px = 0 - bmp->height_px;
    }
    bmp->bits = read_u16(header + 14);
    bmp->compression = read_u32(header + 16);
    bmp->n_colours = read_u32(header + 32);
}

static void
set_bytes(struct fovea_bmp *bmp, unsigned red, unsigned green, unsigned blue)
{
    bmp->pixels = FOVEA_BMP_BYTES;
    bmp->red = red;
    bmp->green = green;
    bmp->blue = blue;
}

/* The masks that are in use; alpha, wherever it is, is dropped. */
static bool
choose_masked(struct fovea_bmp *bmp)
{
    static const struct {
        unsigned bits;
        uint32_t red;
        uint32_t green;
        uint32_t blue;
        enum fovea_bmp_pixels pixels;
        unsigned at[3];
    } layouts[] = {
        { 16, 0xf800, 0x7e0, 0x1f, FOVEA_BMP_RGB565, { 0 } },
        { 16, 0x7c00, 0x3e0, 0x1f, FOVEA_BMP_RGB555, { 0 } },
        { 24, 0xff0000, 0xff00, 0xff, FOVEA_BMP_BYTES, { 2, 1, 0 } },
        { 32, 0xff0000, 0xff00, 0xff, FOVEA_BMP_BYTES, { 2, 1, 0 } },
        { 32, 0xff000000, 0xff0000, 0xff00, FOVEA_BMP_BYTES, { 3, 2, 1 } },
        { 32, 0xff, 0xff00, 0xff0000, FOVEA_BMP_BYTES, { 0, 1, 2 } },
        { 32, 0, 0, 0, FOVEA_BMP_BYTES, { 2, 1, 0 } },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(layouts); i++) {
        if (bmp->bits == layouts[i].bits && bmp->masks[0] == layouts[i].red &&
                bmp->masks[1] == layouts[i].green &&
                bmp->masks[2] == layouts[i].blue) {
            const unsigned *at = layouts[i].at;
            set_bytes(bmp, at[0], at[1], at[2]);
            bmp->pixels = layouts[i].pixels;
            return true;
        }
    }
    return false;
}

static enum fovea_status
choose_pixels(struct fovea_bmp *bmp, struct fovea_error *err)
{
    bool runs = bmp->compression == FOVEA_BMP_RLE8 ||
            bmp->compression == FOVEA_BMP_RLE4;
    if (bmp->compression > FOVEA_BMP_BITFIELDS) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "BMP: compression %" PRIu32 " is not supported",
                bmp->compression);
    }
    if (bmp->compression == FOVEA_BMP_BITFIELDS) {
        if (!choose_masked(bmp)) {
            return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                    "BMP: %u bits with the masks %" PRIx32 ", %" PRIx32
                    ", %" PRIx32 " are not supported",
                    bmp->bits, bmp->masks[0], bmp->masks[1], bmp->masks[2]);
        }
        return FOVEA_OK;
    }
    if (bmp->bits == 1 || bmp->bits == 4 || bmp->bits == 8) {
        bmp->pixels = FOVEA_BMP_INDEX;
        bmp->index_bits = runs ? 8 : bmp->bits;
        return FOVEA_OK;
    }
    if (runs || (bmp->bits != 16 && bmp->bits != 24 && bmp->bits != 32)) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "BMP: %u bits a pixel%s are not supported", bmp->bits,
                runs ? " in runs" : "");
    }
    set_bytes(bmp, 2, 1, 0);
    if (bmp->bits == 16) {
        bmp->pixels = FOVEA_BMP_RGB555;
    }
    return FOVEA_OK;
}

static bool
is_black_and_white(const uint8_t *entries, size_t entry_size)
{
    static const uint8_t black[3] = { 0, 0, 0 };
    static const uint8_t white[3] = { 255, 255, 255 };
    return memcmp(entries, black, 3) == 0 &&
            memcmp(entries + entry_size, white, 3) == 0;
}

/* As in Pillow: an entry that the palette lacks is the grey of its index, and a
   palette of black and white means 1 bit a pixel, whatever the header says. */
static void
set_palette(struct fovea_bmp *bmp, const uint8_t *entries, size_t entry_size)
{
    if (bmp->n_colours == 2 && bmp->compression == FOVEA_BMP_RAW &&
            is_black_and_white(entries, entry_size)) {
        bmp->index_bits = 1;
    }
    fovea_palette_set_grey(&bmp->palette, 8, false);
    for (size_t i = 0; i < FOVEA_PALETTE_SIZE && i < bmp->n_colours; i++) {
        const uint8_t *entry = entries + i * entry_size;
        bmp->palette.rgb[i][0] = entry[2];
        bmp->palette.rgb[i][1] = entry[1];
        bmp->palette.rgb[i][2] = entry[0];
    }
}

static enum fovea_status
read_palette(const struct fovea_input *input, uint64_t offset,
        struct fovea_bmp *bmp, struct fovea_error *err)
{
    if (bmp->n_colours > MAX_COLOURS) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "BMP: a palette of %" PRIu32 " colours", bmp->n_colours);
    }
    size_t entry_size = bmp->header_size == CORE_HEADER_SIZE ? 3 : 4;
    uint8_t entries[4 * FOVEA_PALETTE_SIZE] = { 0 };
    size_t n = bmp->n_colours < FOVEA_PALETTE_SIZE ? bmp->n_colours
                                                   : FOVEA_PALETTE_SIZE;
    size_t n_read = 0;
    enum fovea_status status = fovea_input_read(input, offset, entries,
            n * entry_size, &n_read, err);
    if (!status) {
        set_palette(bmp, entries, entry_size);
    }
    return status;
}

/* With a header of 40 bytes the masks stand behind it. */
static enum fovea_status
read_masks(const struct fovea_input *input, const uint8_t *header,
        uint64_t *end, struct fovea_bmp *bmp, struct fovea_error *err)
{
    if (bmp->compression != FOVEA_BMP_BITFIELDS) {
        return FOVEA_OK;
    }
    uint8_t behind[12];
    const uint8_t *masks = header + 40;
    if (bmp->header_size == INFO_HEADER_SIZE) {
        enum fovea_status status =
                read_exactly(input, *end, behind, sizeof behind, err);
        if (status) {
            return status;
        }
        *end += sizeof behind;
        masks = behind;
    }
    for (size_t i = 0; i < 3; i++) {
        bmp->masks[i] = read_u32(masks + 4 * i);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_bmp_read_header(const struct fovea_input *input, struct fovea_bmp *bmp,
        struct fovea_error *err)
{
    memset(bmp, 0, sizeof *bmp);
    uint8_t file[FILE_HEADER_SIZE + 4];
    uint8_t header[MAX_HEADER_SIZE] = { 0 };
    enum fovea_status status = read_exactly(input, 0, file, sizeof file, err);
    if (status) {
        return status;
    }
    bmp->header_size = read_u32(file + FILE_HEADER_SIZE);
    if (!is_known_header(bmp->header_size)) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "BMP: a header of %" PRIu32 " bytes is not supported",
                bmp->header_size);
    }
    status = read_exactly(input, FILE_HEADER_SIZE, header, bmp->header_size,
            err);
    if (status) {
        return status;
    }
    if (bmp->header_size == CORE_HEADER_SIZE) {
        parse_core(header, bmp);
    } else {
        parse_info(header, bmp);
    }
    uint64_t end = FILE_HEADER_SIZE + bmp->header_size;
    bool at_header = read_u32(file + 10) == end;
    status = read_masks(input, header, &end, bmp, err);
    if (!status) {
        status = choose_pixels(bmp, err);
    }
    if (status) {
        return status;
    }
    bmp->pixels_at = read_u32(file + 10);
    if (bmp->pixels == FOVEA_BMP_INDEX) {
        if (bmp->n_colours == 0) {
            bmp->n_colours = 1U << bmp->bits;
        }
        status = read_palette(input, end, bmp, err);
        end += (bmp->header_size == CORE_HEADER_SIZE ? 3U : 4U) *
                (uint64_t)bmp->n_colours;
        /* Files that forgot the palette when they counted. */
        bmp->pixels_at += at_header ? 4 * (uint64_t)bmp->n_colours : 0;
    }
    if (bmp->pixels_at == 0) {
        bmp->pixels_at = end;
    }
    return status;
}
