/*
 * The headers of BMP: OS/2 version 1 (12 bytes) and 2 (64, or its first 16),
 * Windows version 1 (40), and its extensions (52, 56, 108, 124).
 *
 * Where writers disagree on what a header means, the reading is Pillow's. The
 * surprising ones say so below.
 */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "image/byte_order.h"
#include "image/codec/bmp.h"

enum {
    FILE_HEADER_SIZE = 14,
    CORE_HEADER_SIZE = 12,
    OS2_SHORT_HEADER_SIZE = 16, /* what is left out is 0 */
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
    static const uint32_t sizes[] = { CORE_HEADER_SIZE, OS2_SHORT_HEADER_SIZE,
        INFO_HEADER_SIZE, 52, MASKED_HEADER_SIZE, OS2_HEADER_SIZE, 108,
        MAX_HEADER_SIZE };
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
set_masks(struct fovea_bmp *bmp, uint32_t red, uint32_t green, uint32_t blue)
{
    bmp->channels[0].mask = red;
    bmp->channels[1].mask = green;
    bmp->channels[2].mask = blue;
}

static enum fovea_status
refuse_masks(const struct fovea_bmp *bmp, struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
            "BMP: %u bits with the masks %" PRIx32 ", %" PRIx32 ", %" PRIx32
            " are not supported",
            bmp->bits, bmp->channels[0].mask, bmp->channels[1].mask,
            bmp->channels[2].mask);
}

/* Each mask is one stretch of bits, none is another's, and none is outside the
   pixel; a channel without a mask is black. */
static enum fovea_status
choose_channels(struct fovea_bmp *bmp, struct fovea_error *err)
{
    uint32_t inside = bmp->bits == 32 ? UINT32_MAX : (1U << bmp->bits) - 1;
    uint32_t taken = 0;
    bool whole_bytes = true;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(bmp->channels); i++) {
        struct fovea_bmp_channel *channel = &bmp->channels[i];
        uint32_t mask = channel->mask;
        channel->shift = mask ? (unsigned)__builtin_ctz(mask) : 0;
        channel->most = mask >> channel->shift;
        bool one_stretch = (channel->most & (channel->most + 1)) == 0;
        if (!one_stretch || mask & taken || mask & ~inside) {
            return refuse_masks(bmp, err);
        }
        taken |= mask;
        whole_bytes &= channel->most == UINT8_MAX && channel->shift % 8 == 0;
    }
    if (taken == 0) {
        return refuse_masks(bmp, err);
    }
    bmp->pixels = whole_bytes ? FOVEA_BMP_BYTES : FOVEA_BMP_BITS;
    return FOVEA_OK;
}

static bool
has_masks(const struct fovea_bmp *bmp)
{
    return bmp->compression == FOVEA_BMP_BITFIELDS ||
            bmp->compression == FOVEA_BMP_ALPHABITFIELDS;
}

static const char *
compression_name(const struct fovea_bmp *bmp)
{
    bool os2 = bmp->header_size == OS2_HEADER_SIZE;
    switch (bmp->compression) {
    case FOVEA_BMP_BITFIELDS:
        return os2 && bmp->bits == 1 ? "Huffman coding" : NULL;
    case 4:
        return os2 ? "RLE24" : "JPEG inside";
    case 5:
        return "PNG inside";
    case FOVEA_BMP_RAW:
    case FOVEA_BMP_RLE8:
    case FOVEA_BMP_RLE4:
    case FOVEA_BMP_ALPHABITFIELDS:
        return NULL;
    default:
        return "unknown";
    }
}

static enum fovea_status
choose_colours(struct fovea_bmp *bmp, struct fovea_error *err)
{
    bool any_masks = bmp->channels[0].mask || bmp->channels[1].mask ||
            bmp->channels[2].mask;
    /* As in Pillow: 32 bits with masks of 0 have the usual places. */
    if (!has_masks(bmp) || (bmp->bits == 32 && !any_masks)) {
        if (bmp->bits == 16) {
            set_masks(bmp, 0x7c00, 0x3e0, 0x1f);
        } else {
            set_masks(bmp, 0xff0000, 0xff00, 0xff);
        }
    }
    return choose_channels(bmp, err);
}

static enum fovea_status
choose_pixels(struct fovea_bmp *bmp, struct fovea_error *err)
{
    bool runs = bmp->compression == FOVEA_BMP_RLE8 ||
            bmp->compression == FOVEA_BMP_RLE4;
    const char *refused = compression_name(bmp);
    if (refused) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "BMP: compression %" PRIu32 " (%s) is not supported",
                bmp->compression, refused);
    }
    bool indices = bmp->bits == 1 || bmp->bits == 2 || bmp->bits == 4 ||
            bmp->bits == 8;
    if (indices && !has_masks(bmp)) {
        bmp->pixels = FOVEA_BMP_INDEX;
        bmp->index_bits = runs ? 8 : bmp->bits;
        return FOVEA_OK;
    }
    if (runs || (bmp->bits != 16 && bmp->bits != 24 && bmp->bits != 32)) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "BMP: %u bits a pixel%s are not supported", bmp->bits,
                runs                     ? " in runs"
                        : has_masks(bmp) ? " with masks"
                                         : "");
    }
    return choose_colours(bmp, err);
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

/* With a header of 40 bytes the masks stand behind it. That of alpha, where
   there is one, is of no interest: alpha is dropped. */
static enum fovea_status
read_masks(const struct fovea_input *input, const uint8_t *header,
        uint64_t *end, struct fovea_bmp *bmp, struct fovea_error *err)
{
    if (!has_masks(bmp)) {
        return FOVEA_OK;
    }
    uint8_t behind[16];
    const uint8_t *masks = header + 40;
    if (bmp->header_size == INFO_HEADER_SIZE) {
        size_t size = bmp->compression == FOVEA_BMP_ALPHABITFIELDS ? 16 : 12;
        enum fovea_status status = read_exactly(input, *end, behind, size, err);
        if (status) {
            return status;
        }
        *end += size;
        masks = behind;
    }
    set_masks(bmp, read_u32(masks), read_u32(masks + 4), read_u32(masks + 8));
    return FOVEA_OK;
}

static enum fovea_status
parse_header(const struct fovea_input *input, uint64_t at, uint8_t *header,
        struct fovea_bmp *bmp, struct fovea_error *err)
{
    enum fovea_status status = read_exactly(input, at, header, 4, err);
    if (status) {
        return status;
    }
    bmp->header_size = read_u32(header);
    if (!is_known_header(bmp->header_size)) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "BMP: a header of %" PRIu32 " bytes is not supported",
                bmp->header_size);
    }
    status = read_exactly(input, at, header, bmp->header_size, err);
    if (status) {
        return status;
    }
    if (bmp->header_size == CORE_HEADER_SIZE) {
        parse_core(header, bmp);
    } else {
        parse_info(header, bmp);
    }
    return FOVEA_OK;
}

/* From the second header on, at that place; the first one states where the
   pixels are, or 0: right behind. */
static enum fovea_status
read_header(const struct fovea_input *input, uint64_t at, uint32_t stated,
        struct fovea_bmp *bmp, struct fovea_error *err)
{
    memset(bmp, 0, sizeof *bmp);
    uint8_t header[MAX_HEADER_SIZE] = { 0 };
    enum fovea_status status = parse_header(input, at, header, bmp, err);
    if (status) {
        return status;
    }
    uint64_t end = at + bmp->header_size;
    bool at_header = stated == end;
    status = read_masks(input, header, &end, bmp, err);
    if (!status) {
        status = choose_pixels(bmp, err);
    }
    if (status) {
        return status;
    }
    bmp->pixels_at = stated;
    if (bmp->pixels == FOVEA_BMP_INDEX) {
        if (bmp->n_colours == 0) {
            bmp->n_colours = (uint32_t)(UINT64_C(1) << bmp->bits);
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

enum fovea_status
fovea_bmp_read_header(const struct fovea_input *input, struct fovea_bmp *bmp,
        struct fovea_error *err)
{
    uint8_t file[FILE_HEADER_SIZE + 4];
    enum fovea_status status = read_exactly(input, 0, file, sizeof file, err);
    return status ? status
                  : read_header(input, FILE_HEADER_SIZE, read_u32(file + 10),
                            bmp, err);
}

enum fovea_status
fovea_bmp_read_bare_header(const struct fovea_input *input,
        struct fovea_bmp *bmp, struct fovea_error *err)
{
    return read_header(input, 0, 0, bmp, err);
}
