/*
 * What the boxes and the markers of a JPEG 2000 say: see jpeg2000.h. Source:
 * ISO/IEC 15444-1, annexes A and I.
 */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "image/boxes.h"
#include "image/byte_order.h"
#include "image/codec/jpeg2000.h"

enum {
    SOC = 0xff4f,
    SIZ = 0xff51,
    COD = 0xff52,
    COC = 0xff53,
    SOT = 0xff90,
    SOD = 0xff93,
    EOC = 0xffd9,
    SIZ_SIZE = 38, /* less the components, with its length */
    SOT_SIZE = 12, /* with its marker */
    BOX_HEAD_SIZE = 8,
    LONG_BOX_HEAD_SIZE = 16,
    MAX_SEGMENT = 256, /* bytes that are read of one: as many as are needed */
    MAX_TILES = 65535,
    MIN_BLOCK = 2, /* is added to the logarithms of a block's sides */
    WHOLE = 15     /* log2 of a precinct's sides where none are given */
};

struct walk {
    const struct fovea_input *input;
    struct fovea_jpeg2000 *head;
    struct fovea_error *err;
    unsigned n_segments;
    unsigned n_parts;
    uint64_t n_first_parts; /* of them, those that are the first of a tile */
};

/* A marker, and the segment behind it if it has one. */
struct segment {
    unsigned marker;
    uint64_t at;
    uint64_t end;
    uint8_t bytes[MAX_SEGMENT]; /* from the length on */
    size_t n;
};

static enum fovea_status
fail(struct walk *walk, const char *what)
{
    return fovea_fail(walk->err, FOVEA_ERR_IMAGE_CORRUPT, "JPEG 2000: %s",
            what);
}

static enum fovea_status
fail_cut(struct walk *walk)
{
    return fovea_fail(walk->err, FOVEA_ERR_IMAGE_TRUNCATED,
            "JPEG 2000: the file ends in its header");
}

/* Sizes of tiles decide how many there are; the walk over them comes later. */
static enum fovea_status
check_tiles(struct walk *walk, const uint8_t *siz)
{
    struct fovea_jpeg2000 *head = walk->head;
    uint64_t right = fovea_big_endian(siz + 4, 4);
    uint64_t bottom = fovea_big_endian(siz + 8, 4);
    uint64_t left = fovea_big_endian(siz + 12, 4);
    uint64_t top = fovea_big_endian(siz + 16, 4);
    uint64_t width = fovea_big_endian(siz + 20, 4);
    uint64_t height = fovea_big_endian(siz + 24, 4);
    uint64_t tiles_left = fovea_big_endian(siz + 28, 4);
    uint64_t tiles_top = fovea_big_endian(siz + 32, 4);
    if (right <= left || bottom <= top) {
        return fail(walk, "a side is 0");
    }
    if (width == 0 || height == 0 || tiles_left > left || tiles_top > top ||
            tiles_left + width <= left || tiles_top + height <= top) {
        return fail(walk, "the first tile is not where the picture is");
    }
    head->width_px = (uint32_t)(right - left);
    head->height_px = (uint32_t)(bottom - top);
    head->left_px = (uint32_t)left;
    head->top_px = (uint32_t)top;
    head->tile_width_px = (uint32_t)width;
    head->tile_height_px = (uint32_t)height;
    head->n_tiles = (right - tiles_left + width - 1) / width *
            ((bottom - tiles_top + height - 1) / height);
    return head->n_tiles > MAX_TILES ? fail(walk, "more than 65535 tiles")
                                     : FOVEA_OK;
}

static enum fovea_status
take_components(struct walk *walk, const uint8_t *bytes)
{
    for (unsigned i = 0; i < walk->head->n_components; i++, bytes += 3) {
        struct fovea_jpeg2000_component *component = &walk->head->components[i];
        component->bits = (bytes[0] & 0x7fU) + 1;
        component->dx = bytes[1];
        component->dy = bytes[2];
        if (component->dx == 0 || component->dy == 0) {
            return fail(walk, "a component without samples");
        }
        if (component->bits > FOVEA_JPEG2000_MAX_BITS) {
            return fovea_fail(walk->err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                    "JPEG 2000: samples of %u bits are not supported",
                    component->bits);
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
take_siz(struct walk *walk, const struct segment *segment)
{
    if (segment->n < SIZ_SIZE) {
        return fail(walk, "a header that is too short");
    }
    unsigned n = (unsigned)fovea_big_endian(segment->bytes + 36, 2);
    enum fovea_status status = check_tiles(walk, segment->bytes);
    if (status) {
        return status;
    }
    if (n > FOVEA_JPEG2000_MAX_COMPONENTS) {
        return fovea_fail(walk->err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "JPEG 2000: pictures of %u components are not supported", n);
    }
    if (n == 0 || segment->n < SIZ_SIZE + 3 * (size_t)n) {
        return fail(walk, "a header of too few components");
    }
    walk->head->n_components = n;
    return take_components(walk, segment->bytes + SIZ_SIZE);
}

static unsigned
smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned
larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/* What COD and COC have in common: levels, sides of a block, style, transform,
   and precincts if there are any. */
static enum fovea_status
take_coding(struct walk *walk, const uint8_t *bytes, size_t n,
        bool has_precincts)
{
    struct fovea_jpeg2000_coding *coding = &walk->head->coding;
    unsigned n_levels = n > 0 ? bytes[0] : 0;
    size_t size = 5 + (has_precincts ? (size_t)n_levels + 1 : 0);
    if (n < size || n_levels > FOVEA_JPEG2000_MAX_LEVELS) {
        return fail(walk, "a coding style that makes no sense");
    }
    coding->n_levels = larger(coding->n_levels, n_levels);
    coding->least_levels = smaller(coding->least_levels, n_levels);
    coding->block_width =
            smaller(coding->block_width, (bytes[1] & 15U) + MIN_BLOCK);
    coding->block_height =
            smaller(coding->block_height, (bytes[2] & 15U) + MIN_BLOCK);
    for (unsigned i = 0; has_precincts && i <= n_levels; i++) {
        coding->precinct_width[i] =
                smaller(coding->precinct_width[i], bytes[5 + i] & 15U);
        coding->precinct_height[i] =
                smaller(coding->precinct_height[i], bytes[5 + i] >> 4);
    }
    return FOVEA_OK;
}

static enum fovea_status
take_cod(struct walk *walk, const struct segment *segment)
{
    const uint8_t *bytes = segment->bytes;
    if (segment->n < 7) {
        return fail(walk, "a coding style that makes no sense");
    }
    unsigned n_layers = (unsigned)fovea_big_endian(bytes + 4, 2);
    walk->head->coding.n_layers = larger(walk->head->coding.n_layers, n_layers);
    return take_coding(walk, bytes + 7, segment->n - 7, bytes[2] & 1);
}

/* The component is named by a byte: there are few. */
static enum fovea_status
take_coc(struct walk *walk, const struct segment *segment)
{
    if (segment->n < 4) {
        return fail(walk, "a coding style that makes no sense");
    }
    return take_coding(walk, segment->bytes + 4, segment->n - 4,
            segment->bytes[3] & 1);
}

/* Where there is no whole one the marker is 0. */
static enum fovea_status
read_segment(struct walk *walk, uint64_t at, struct segment *segment)
{
    uint8_t start[2 + MAX_SEGMENT];
    size_t n = 0;
    memset(segment, 0, sizeof *segment);
    if (at >= walk->head->end) {
        return FOVEA_OK;
    }
    uint64_t left = walk->head->end - at;
    enum fovea_status status = fovea_input_read(walk->input, at, start,
            left < sizeof start ? (size_t)left : sizeof start, &n, walk->err);
    if (status || n < 2) {
        return status;
    }
    unsigned marker = (unsigned)fovea_big_endian(start, 2);
    if (marker == SOC || marker == SOD || marker == EOC) {
        segment->marker = marker;
        segment->end = at + 2;
        return FOVEA_OK;
    }
    if (++walk->n_segments > FOVEA_JPEG2000_MAX_SEGMENTS) {
        return fail(walk, "too many marker segments");
    }
    uint64_t size = n < 4 ? 0 : fovea_big_endian(start + 2, 2);
    if (marker < 0xff00 || (n >= 4 && size < 2)) {
        return fail(walk, "there is no marker where one should be");
    }
    if (n < 4 || size + 2 > left) {
        return FOVEA_OK;
    }
    segment->marker = marker;
    segment->end = at + 2 + size;
    segment->n = size < n - 2 ? (size_t)size : n - 2;
    memcpy(segment->bytes, start + 2, segment->n);
    return FOVEA_OK;
}

static enum fovea_status
take_segment(struct walk *walk, const struct segment *segment)
{
    switch (segment->marker) {
    case COD:
        return take_cod(walk, segment);
    case COC:
        return take_coc(walk, segment);
    default:
        return FOVEA_OK;
    }
}

/* Up to the first of tile-parts. */
static enum fovea_status
walk_main_header(struct walk *walk, uint64_t *at)
{
    struct segment segment;
    enum fovea_status status = read_segment(walk, *at + 2, &segment);
    if (!status && segment.marker != SIZ) {
        return segment.marker ? fail(walk, "its size does not come first")
                              : fail_cut(walk);
    }
    if (!status) {
        status = take_siz(walk, &segment);
    }
    while (!status) {
        *at = segment.end;
        status = read_segment(walk, *at, &segment);
        if (status || segment.marker == SOT) {
            break;
        }
        if (segment.marker == 0) {
            return fail_cut(walk);
        }
        status = take_segment(walk, &segment);
    }
    return status;
}

/* Whether the codestream ends as it should, which one of a last part without a
   length need not do to be whole. */
static enum fovea_status
look_for_end(struct walk *walk)
{
    struct fovea_jpeg2000 *head = walk->head;
    uint8_t last[2] = { 0 };
    size_t n = 0;
    enum fovea_status status = fovea_input_read(walk->input, head->end - 2,
            last, sizeof last, &n, walk->err);
    head->is_open = fovea_big_endian(last, 2) != EOC;
    return status;
}

/* The headers of a tile-part; what is in it is OpenJPEG's. */
static enum fovea_status
walk_part(struct walk *walk, uint64_t at, const struct segment *sot,
        uint64_t *next_out)
{
    struct fovea_jpeg2000 *head = walk->head;
    struct segment segment;
    uint64_t size = fovea_big_endian(sot->bytes + 4, 4);
    *next_out = size > 0 ? at + size : head->end;
    if (sot->n + 2 < SOT_SIZE || (size > 0 && size < SOT_SIZE)) {
        return fail(walk, "a tile-part that makes no sense");
    }
    if (size == 0) {
        enum fovea_status status = look_for_end(walk);
        if (status) {
            return status;
        }
    }
    if (++walk->n_parts > FOVEA_JPEG2000_MAX_PARTS) {
        return fail(walk, "too many tile-parts");
    }
    walk->n_first_parts += sot->bytes[8] == 0;
    head->is_cut |= *next_out > head->end;
    at = sot->end;
    for (;;) {
        enum fovea_status status = read_segment(walk, at, &segment);
        if (!status) {
            status = take_segment(walk, &segment);
        }
        if (status || segment.marker == SOD || segment.marker == 0) {
            return status;
        }
        at = segment.end;
    }
}

static enum fovea_status
walk_parts(struct walk *walk, uint64_t at)
{
    struct fovea_jpeg2000 *head = walk->head;
    while (!head->is_cut && at < head->end) {
        struct segment segment;
        enum fovea_status status = read_segment(walk, at, &segment);
        if (!status && segment.marker == SOT) {
            status = walk_part(walk, at, &segment, &at);
        } else if (!status) {
            break; /* its end, or the file's */
        }
        if (status) {
            return status;
        }
    }
    head->is_cut |= walk->n_first_parts < head->n_tiles;
    return FOVEA_OK;
}

/* Of several, the first colour specification counts. */
static enum fovea_status
take_colours(struct walk *walk, const struct fovea_box *header)
{
    struct fovea_box box;
    uint64_t method = 0;
    uint64_t colours = 0;
    enum fovea_status status = fovea_box_find(walk->input, header->at,
            header->end, "colr", &box, walk->err);
    if (!status && box.end > 0) {
        status = fovea_box_number(walk->input, &box, 1, &method, walk->err);
        box.at += 2; /* precedence, and approximation */
    }
    if (!status && method == 1 && box.at < box.end) {
        status = fovea_box_number(walk->input, &box, 4, &colours, walk->err);
    }
    walk->head->colours = (uint32_t)colours;
    if (!status) {
        status = fovea_box_find(walk->input, header->at, header->end, "pclr",
                &box, walk->err);
    }
    if (!status && box.end > 0) {
        uint64_t n = 0;
        box.at += 2; /* entries */
        status = fovea_box_number(walk->input, &box, 1, &n, walk->err);
        walk->head->n_palette = (unsigned)n;
    }
    return status;
}

/* A box of the file. */
struct top_box {
    uint8_t start[LONG_BOX_HEAD_SIZE];
    uint64_t head_size;
    uint64_t size; /* as it states; to the file's end if it states 0 */
};

static enum fovea_status
read_top_box(struct walk *walk, uint64_t at, struct top_box *box)
{
    size_t n = 0;
    enum fovea_status status = fovea_input_read(walk->input, at, box->start,
            sizeof box->start, &n, walk->err);
    if (status || n < BOX_HEAD_SIZE) {
        return status ? status : fail_cut(walk);
    }
    bool is_long = fovea_big_endian(box->start, 4) == 1;
    box->head_size = is_long ? LONG_BOX_HEAD_SIZE : BOX_HEAD_SIZE;
    box->size = is_long && n == sizeof box->start
            ? fovea_big_endian(box->start + 8, 8)
            : fovea_big_endian(box->start, 4);
    if (box->size == 0) {
        box->size = walk->input->size - at;
    }
    return FOVEA_OK;
}

/* That of the codestream may be longer than what there is of the file. */
static enum fovea_status
find_codestream(struct walk *walk)
{
    uint64_t at = 0;
    for (int i = 0; i < FOVEA_MAX_BOXES; i++) {
        struct top_box top;
        enum fovea_status status = read_top_box(walk, at, &top);
        if (status) {
            return status;
        }
        uint64_t left = walk->input->size - at;
        if (memcmp(top.start + 4, "jp2c", 4) == 0) {
            walk->head->at = at + top.head_size;
            walk->head->end = at + (top.size < left ? top.size : left);
            return FOVEA_OK;
        }
        if (top.size < top.head_size) {
            return fail(walk, "a box that is too small");
        }
        if (top.size > left) {
            return fail_cut(walk);
        }
        struct fovea_box box = { .at = at + top.head_size,
            .end = at + top.size };
        if (memcmp(top.start + 4, "jp2h", 4) == 0) {
            status = take_colours(walk, &box);
        }
        if (status) {
            return status;
        }
        at += top.size;
    }
    return fail(walk, "too many boxes before its codestream");
}

enum fovea_status
fovea_jpeg2000_read_head(const struct fovea_input *input,
        struct fovea_jpeg2000 *head_out, struct fovea_error *err)
{
    struct walk walk = { .input = input, .head = head_out, .err = err };
    struct segment segment;
    memset(head_out, 0, sizeof *head_out);
    head_out->end = input->size;
    struct fovea_jpeg2000_coding *coding = &head_out->coding;
    coding->block_width = coding->block_height = UINT8_MAX;
    coding->least_levels = FOVEA_JPEG2000_MAX_LEVELS;
    for (size_t i = 0; i <= FOVEA_JPEG2000_MAX_LEVELS; i++) {
        coding->precinct_width[i] = coding->precinct_height[i] = WHOLE;
    }
    uint8_t first = 0;
    size_t n = 0;
    enum fovea_status status = fovea_input_read(input, 0, &first, 1, &n, err);
    head_out->has_boxes = first == 0;
    if (!status && head_out->has_boxes) {
        status = find_codestream(&walk);
    }
    if (!status) {
        status = read_segment(&walk, head_out->at, &segment);
    }
    if (!status && segment.marker != SOC) {
        return segment.marker ? fail(&walk, "its codestream begins wrong")
                              : fail_cut(&walk);
    }
    uint64_t at = head_out->at;
    if (!status) {
        status = walk_main_header(&walk, &at);
    }
    if (!status && coding->n_layers == 0) {
        return fail(&walk, "it does not say how it is coded");
    }
    return status ? status : walk_parts(&walk, at);
}
