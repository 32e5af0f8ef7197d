/*
 * The price of a HEIF: see heif_price.h.
 *
 * Coded pictures cost their pixels; derived ones (grids, overlays, identities)
 * what they are made of, as often as they use it, and their own canvas. libheif
 * has decoded planes, their RGB, and what a turn or the last conversion makes of
 * that, at once.
 */
#include "image/codec/heif_price.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "image/byte_order.h"
#include "image/codec/heif_items.h"

enum {
    MAX_DEPTH = 8, /* of pictures made of pictures */
    PIXEL_PASSES = 8,
    /* Starting a decoder on a coded picture costs as much as so many pixels. */
    START_PIXELS = 1 << 16,
    CANVAS_BYTES = 7, /* of a pixel of 8 bits */
    CODED_BYTES = 9,
    INDEX_FACTOR = 48, /* libheif's objects for each byte of the index */
    TABLES_BYTES = 6 << 20,
    BLOCK_PX = 64,     /* codecs fill a picture's sides up to whole blocks */
    DERIVED_SIZE = 18, /* of a grid's or overlay's description, at most */
};

struct cost {
    uint64_t work; /* pixel passes; a canvas is one */
    bool is_known;
};

static bool
is_derived(const struct fovea_heif_item *item)
{
    return memcmp(item->type, "grid", 4) == 0 ||
            memcmp(item->type, "iovl", 4) == 0 ||
            memcmp(item->type, "iden", 4) == 0;
}

static bool
is_coded(const struct fovea_heif_item *item)
{
    return memcmp(item->type, "hvc1", 4) == 0 ||
            memcmp(item->type, "av01", 4) == 0;
}

/* Those that libheif takes on trust to be made of pictures: 1.15 ends the process
   where they are not. It looks at the tiles of a grid itself. */
static bool
is_trusted(const struct fovea_heif_item *item)
{
    return memcmp(item->type, "iovl", 4) == 0 ||
            memcmp(item->type, "iden", 4) == 0;
}

static enum fovea_status
check_parts(const struct fovea_heif_items *items, struct fovea_error *err)
{
    bool is_good = true;
    for (size_t i = 0; i < items->n_items; i++) {
        is_good = is_good &&
                !(is_trusted(&items->items[i]) && items->items[i].lacks_part);
    }
    for (size_t i = 0; i < items->n_links; i++) {
        const struct fovea_heif_link *link = &items->links[i];
        const struct fovea_heif_item *part = &items->items[link->to];
        is_good = is_good &&
                !(link->is_part && is_trusted(&items->items[link->from]) &&
                        !is_derived(part) && !is_coded(part));
    }
    return is_good ? FOVEA_OK
                   : fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                             "HEIF: a picture that is made of what is none, or "
                             "is not decoded here");
}

/* What describes a tile may be its alpha. libheif 1.15 copies as much of that into
   a grid as the tile is large, however large the alpha is. */
static enum fovea_status
check_tiles(const struct fovea_heif_items *items, struct fovea_error *err)
{
    bool has_grid = false;
    bool has_described = false;
    for (size_t i = 0; i < items->n_items; i++) {
        has_grid = has_grid || memcmp(items->items[i].type, "grid", 4) == 0;
    }
    for (size_t i = 0; i < items->n_links; i++) {
        const struct fovea_heif_link *link = &items->links[i];
        has_described = has_described ||
                (!link->is_part && items->items[link->to].is_part);
    }
    return has_grid && has_described
            ? fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                      "HEIF: a grid of tiles with alpha each")
            : FOVEA_OK;
}

/* Which of two things the index says libheif would take is not ours to guess. */
static enum fovea_status
check_index(const struct fovea_heif_items *items, struct fovea_error *err)
{
    bool is_good = !items->is_ambiguous;
    for (size_t i = 0; i < items->n_items; i++) {
        const struct fovea_heif_item *item = &items->items[i];
        is_good = is_good && !(is_derived(item) && item->n_places > 1);
    }
    enum fovea_status status = is_good
            ? check_parts(items, err)
            : fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                      "HEIF: an index that can be read in two ways");
    return status ? status : check_tiles(items, err);
}

static uint64_t
pixels_of(const struct fovea_heif_item *item)
{
    return (uint64_t)item->width_px * item->height_px;
}

/* The canvas that a grid or an overlay describes itself; the larger counts. */
static enum fovea_status
read_canvas(const struct fovea_input *input, struct fovea_heif_item *item,
        struct fovea_error *err)
{
    uint8_t bytes[DERIVED_SIZE] = { 0 };
    size_t n = 0;
    bool is_grid = memcmp(item->type, "grid", 4) == 0;
    if (item->data_at == 0 || memcmp(item->type, "iden", 4) == 0) {
        return FOVEA_OK;
    }
    enum fovea_status status = fovea_input_read(input, item->data_at, bytes,
            sizeof bytes, &n, err);
    size_t side = bytes[1] & 1 ? 4 : 2;
    const uint8_t *sides = bytes + (is_grid ? 4 : 10);
    uint32_t width = (uint32_t)fovea_big_endian(sides, side);
    uint32_t height = (uint32_t)fovea_big_endian(sides + side, side);
    item->width_px = width > item->width_px ? width : item->width_px;
    item->height_px = height > item->height_px ? height : item->height_px;
    return status;
}

/* Where an overlay puts its parts. libheif 1.15 reads what is not the part's where
   that begins left of the canvas or above it. */
static enum fovea_status
check_overlay(const struct fovea_input *input,
        const struct fovea_heif_item *item, struct fovea_error *err)
{
    uint8_t bytes[DERIVED_SIZE] = { 0 };
    size_t n = 0;
    if (memcmp(item->type, "iovl", 4) != 0 || item->data_at == 0) {
        return FOVEA_OK;
    }
    enum fovea_status status =
            fovea_input_read(input, item->data_at, bytes, 2, &n, err);
    size_t side = bytes[1] & 1 ? 4 : 2;
    uint64_t at = item->data_at + 10 + 2 * side; /* the colour, the canvas */
    for (uint32_t i = 0; !status && i < item->n_parts; i++) {
        memset(bytes, 0, sizeof bytes);
        status = fovea_input_read(input, at, bytes, 2 * side, &n, err);
        if (!status && (bytes[0] | bytes[side]) & 0x80) {
            return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                    "HEIF: an overlay of a picture that begins outside of it");
        }
        at += 2 * side;
    }
    return status;
}

static uint64_t
own_work(const struct fovea_heif_item *item)
{
    if (is_coded(item)) {
        return fovea_product_bytes(pixels_of(item) + START_PIXELS,
                PIXEL_PASSES);
    }
    return is_derived(item) ? pixels_of(item) : 0;
}

/* One more level: those whose parts are all known. */
static void
resolve(const struct fovea_heif_items *items, struct cost *costs,
        struct cost *sums)
{
    for (size_t i = 0; i < items->n_items; i++) {
        sums[i] = (struct cost){ own_work(&items->items[i]), true };
    }
    for (size_t i = 0; i < items->n_links; i++) {
        const struct fovea_heif_link *link = &items->links[i];
        /* Of a picture: its parts, and those that describe it, as alpha does. */
        struct cost *sum = &sums[link->is_part ? link->from : link->to];
        const struct cost *part = &costs[link->is_part ? link->to : link->from];
        sum->work = fovea_sum_bytes(sum->work, part->work);
        sum->is_known = sum->is_known && part->is_known;
    }
    for (size_t i = 0; i < items->n_items; i++) {
        if (!costs[i].is_known && sums[i].is_known) {
            costs[i] = sums[i];
        }
    }
}

static enum fovea_status
price_work(const struct fovea_heif_items *items, struct fovea_image_info *info,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE struct cost *costs =
            calloc(2 * items->n_items, sizeof *costs);
    if (!costs) {
        return fovea_fail_memory(err, items->n_items * sizeof *costs,
                "the items of a HEIF");
    }
    const struct cost *primary = &costs[items->primary];
    for (int i = 0; i <= MAX_DEPTH && !primary->is_known; i++) {
        resolve(items, costs, costs + items->n_items);
    }
    if (!primary->is_known) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "HEIF: pictures that are made of each other, or of %d in a row",
                MAX_DEPTH);
    }
    info->decode_work = primary->work;
    return FOVEA_OK;
}

static void
price_bytes(const struct fovea_input *input,
        const struct fovea_heif_items *items, struct fovea_image_info *info,
        uint64_t *frame_out)
{
    uint64_t factor = items->is_deep ? 2 : 1;
    uint64_t canvases = 0;
    uint64_t coded = 0;
    for (size_t i = 0; i < items->n_items; i++) {
        const struct fovea_heif_item *item = &items->items[i];
        uint64_t pixels = pixels_of(item);
        if (is_derived(item)) {
            canvases = fovea_sum_bytes(canvases, pixels);
        } else if (is_coded(item)) {
            uint64_t padded =
                    fovea_product_bytes((uint64_t)item->width_px + BLOCK_PX,
                            (uint64_t)item->height_px + BLOCK_PX);
            coded = pixels > coded ? pixels : coded;
            *frame_out = padded > *frame_out ? padded : *frame_out;
        }
    }
    uint64_t bytes = fovea_sum_bytes(
            fovea_product_bytes(canvases, CANVAS_BYTES * factor),
            fovea_product_bytes(coded, CODED_BYTES * factor));
    uint64_t rest =
            TABLES_BYTES + 3 * input->size + INDEX_FACTOR * items->index_bytes;
    info->decode_bytes = fovea_sum_bytes(bytes, rest);
}

static enum fovea_status
price(const struct fovea_input *input, struct fovea_heif_items *items,
        struct fovea_image_info *info, uint64_t *frame_out,
        struct fovea_error *err)
{
    for (size_t i = 0; i < items->n_items; i++) {
        struct fovea_heif_item *item = &items->items[i];
        enum fovea_status status =
                is_derived(item) ? read_canvas(input, item, err) : FOVEA_OK;
        status = status ? status : check_overlay(input, item, err);
        if (status) {
            return status;
        }
    }
    price_bytes(input, items, info, frame_out);
    if (items->n_items == 0) {
        return FOVEA_OK;
    }
    const struct fovea_heif_item *primary = &items->items[items->primary];
    info->width_px = primary->width_px;
    info->height_px = primary->height_px;
    enum fovea_status status = check_index(items, err);
    return status ? status : price_work(items, info, err);
}

enum fovea_status
fovea_heif_price(const struct fovea_input *input, struct fovea_image_info *info,
        uint64_t *frame_out, struct fovea_error *err)
{
    struct fovea_heif_items items;
    enum fovea_status status = fovea_heif_items_read(input, &items, err);
    if (!status) {
        status = price(input, &items, info, frame_out, err);
    }
    fovea_heif_items_finish(&items);
    return status;
}
