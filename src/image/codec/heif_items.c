/* A HEIF's items: see heif_items.h. Source: ISO/IEC 14496-12 and 23008-12. */
#include "image/codec/heif_items.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "image/boxes.h"
#include "image/byte_order.h"

enum {
    /* An index of ten thousand tiles has some hundred kilobytes; profiles of
       colours may be in it. */
    MAX_INDEX_BYTES = 4 << 20,
    HEAD_SIZE = 8,
    ITEM_SIZE = 12, /* of an infe, at least */
    LINK_SIZE = 2,  /* of a reference */
    MAX_CROP_PX = 1 << 20,
};

/* A piece of the index. Past its end everything is 0. */
struct part {
    const uint8_t *at;
    size_t left;
};

static uint64_t
take(struct part *part, size_t n)
{
    if (n > part->left) {
        part->left = 0;
        return 0;
    }
    uint64_t value = fovea_big_endian(part->at, n);
    part->at += n;
    part->left -= n;
    return value;
}

/* The next box in a part, its head stepped over. */
static bool
next_box(struct part *part, char type_out[4], struct part *box_out)
{
    if (part->left < HEAD_SIZE) {
        return false;
    }
    uint64_t size = fovea_big_endian(part->at, 4);
    size_t head = HEAD_SIZE;
    memcpy(type_out, part->at + 4, 4);
    if (size == 1 && part->left >= 16) {
        size = fovea_big_endian(part->at + 8, 8);
        head = 16;
    } else if (size == 0) {
        size = part->left;
    }
    if (size < head || size > part->left) {
        return false;
    }
    *box_out = (struct part){ part->at + head, (size_t)size - head };
    part->at += size;
    part->left -= (size_t)size;
    return true;
}

static bool
find_box(struct part part, const char *type, struct part *box_out)
{
    char found[4];
    while (next_box(&part, found, box_out)) {
        if (memcmp(found, type, 4) == 0) {
            return true;
        }
    }
    return false;
}

static int
compare(const void *a, const void *b)
{
    uint32_t x = ((const struct fovea_heif_item *)a)->id;
    uint32_t y = ((const struct fovea_heif_item *)b)->id;
    return (x > y) - (x < y);
}

static struct fovea_heif_item *
find_item(const struct fovea_heif_items *items, uint64_t id)
{
    const struct fovea_heif_item key = { .id = (uint32_t)id };
    return bsearch(&key, items->items, items->n_items, sizeof key, compare);
}

/* iinf: a list of infe. */
static enum fovea_status
read_types(struct part iinf, struct fovea_heif_items *items,
        struct fovea_error *err)
{
    uint64_t version = take(&iinf, 4) >> 24;
    (void)take(&iinf, version == 0 ? 2 : 4);
    items->items = calloc(iinf.left / ITEM_SIZE + 1, sizeof *items->items);
    if (!items->items) {
        return fovea_fail_memory(err, iinf.left, "the items of a HEIF");
    }
    char type[4];
    struct part infe;
    while (next_box(&iinf, type, &infe)) {
        uint64_t infe_version = take(&infe, 4) >> 24;
        if (memcmp(type, "infe", 4) != 0 || infe_version < 2 ||
                infe.left < ITEM_SIZE - 4) {
            continue;
        }
        struct fovea_heif_item *item = &items->items[items->n_items++];
        item->id = (uint32_t)take(&infe, infe_version == 2 ? 2 : 4);
        (void)take(&infe, 2);
        if (infe.left >= 4) {
            memcpy(item->type, infe.at, 4);
        }
    }
    qsort(items->items, items->n_items, sizeof *items->items, compare);
    for (size_t i = 1; i < items->n_items; i++) {
        items->is_ambiguous = items->is_ambiguous ||
                items->items[i].id == items->items[i - 1].id;
    }
    return FOVEA_OK;
}

static void
add_link(struct fovea_heif_items *items, struct fovea_heif_item *from,
        struct fovea_heif_item *to, bool is_part)
{
    from->n_parts += is_part;
    from->lacks_part = from->lacks_part || (is_part && !to);
    if (to) {
        to->is_part = to->is_part || is_part;
        items->links[items->n_links++] = (struct fovea_heif_link){
            .from = (uint32_t)(from - items->items),
            .to = (uint32_t)(to - items->items),
            .is_part = is_part,
        };
    }
}

/* iref: boxes whose types say what their links mean. libheif does not look how
   long such a box is, only how many links it says to have. */
static enum fovea_status
read_links(struct part iref, struct fovea_heif_items *items,
        struct fovea_error *err)
{
    size_t id_size = take(&iref, 4) >> 24 == 0 ? 2 : 4;
    items->links = calloc(iref.left / LINK_SIZE + 1, sizeof *items->links);
    if (!items->links) {
        return fovea_fail_memory(err, iref.left, "the items of a HEIF");
    }
    char type[4];
    struct part box;
    while (next_box(&iref, type, &box)) {
        bool is_part = memcmp(type, "dimg", 4) == 0;
        struct fovea_heif_item *from = find_item(items, take(&box, id_size));
        uint64_t n = take(&box, 2);
        items->is_ambiguous = items->is_ambiguous || box.left != n * id_size ||
                memcmp(type, "uuid", 4) == 0;
        if (!from || (!is_part && memcmp(type, "auxl", 4) != 0)) {
            continue;
        }
        for (uint64_t i = 0; i < n && box.left >= id_size; i++) {
            add_link(items, from, find_item(items, take(&box, id_size)),
                    is_part);
        }
    }
    items->is_ambiguous = items->is_ambiguous || iref.left > 0;
    return FOVEA_OK;
}

/* The sides that the nth property gives, if it gives any. */
static bool
find_sides(struct part ipco, uint64_t n, uint32_t *width_out,
        uint32_t *height_out)
{
    char type[4] = "";
    struct part box = { 0 };
    for (uint64_t i = 0; i < n; i++) {
        if (!next_box(&ipco, type, &box)) {
            return false;
        }
    }
    if (n == 0 || memcmp(type, "ispe", 4) != 0) {
        return false;
    }
    (void)take(&box, 4);
    *width_out = (uint32_t)take(&box, 4);
    *height_out = (uint32_t)take(&box, 4);
    return true;
}

/* ipma: for each item the numbers of its properties. */
static void
read_sides(struct part ipma, struct part ipco, struct fovea_heif_items *items)
{
    uint64_t head = take(&ipma, 4);
    size_t id_size = head >> 24 == 0 ? 2 : 4;
    size_t number_size = head & 1 ? 2 : 1;
    uint64_t n = take(&ipma, 4);
    for (uint64_t i = 0; i < n && ipma.left > id_size; i++) {
        struct fovea_heif_item *item = find_item(items, take(&ipma, id_size));
        uint64_t n_properties = take(&ipma, 1);
        for (uint64_t k = 0; k < n_properties; k++) {
            uint64_t number = take(&ipma, number_size) &
                    (number_size == 2 ? 0x7fff : 0x7f);
            if (item && item->width_px == 0) {
                (void)find_sides(ipco, number, &item->width_px,
                        &item->height_px);
            }
        }
    }
}

/* Whether some property speaks of more than 8 bits. */
static bool
is_deep(struct part ipco)
{
    char type[4];
    struct part box;
    bool deep = false;
    while (next_box(&ipco, type, &box)) {
        if (memcmp(type, "hvcC", 4) == 0 && box.left > 17) {
            deep = deep || (box.at[17] & 7) > 0;
        } else if (memcmp(type, "av1C", 4) == 0 && box.left > 2) {
            deep = deep || (box.at[2] & 0x40) != 0;
        } else if (memcmp(type, "pixi", 4) == 0 && box.left > 5) {
            deep = deep || box.at[5] > 8;
        }
    }
    return deep;
}

/* A crop that is larger than any picture: libheif adds such widths up. */
static bool
has_wide_crop(struct part ipco)
{
    char type[4];
    struct part box;
    bool is_wide = false;
    while (next_box(&ipco, type, &box)) {
        for (int i = 0; i < 2 && memcmp(type, "clap", 4) == 0; i++) {
            uint64_t side = take(&box, 4);
            is_wide = is_wide || side > MAX_CROP_PX * take(&box, 4);
        }
    }
    return is_wide;
}

static bool
is_number_size(uint64_t size)
{
    return size == 0 || size == 4 || size == 8;
}

/* iloc: where the first bytes of items are. base: of those in the index. */
static void
read_places(struct part iloc, uint64_t base, struct fovea_heif_items *items)
{
    uint64_t version = take(&iloc, 4) >> 24;
    uint64_t sizes = take(&iloc, 2);
    size_t offset_size = sizes >> 12 & 15;
    size_t length_size = sizes >> 8 & 15;
    size_t base_size = sizes >> 4 & 15;
    size_t index_size = version > 0 ? sizes & 15 : 0;
    if (!is_number_size(offset_size) || !is_number_size(length_size) ||
            !is_number_size(base_size) || !is_number_size(index_size)) {
        items->is_ambiguous = true;
        return;
    }
    uint64_t n = take(&iloc, version < 2 ? 2 : 4);
    for (uint64_t i = 0; i < n && iloc.left > 0; i++) {
        struct fovea_heif_item *item =
                find_item(items, take(&iloc, version < 2 ? 2 : 4));
        uint64_t method = version > 0 ? take(&iloc, 2) & 15 : 0;
        (void)take(&iloc, 2);
        uint64_t start = take(&iloc, base_size);
        uint64_t n_extents = take(&iloc, 2);
        for (uint64_t k = 0; k < n_extents && iloc.left > 0; k++) {
            (void)take(&iloc, index_size);
            uint64_t offset = take(&iloc, offset_size);
            (void)take(&iloc, length_size);
            if (item && item->n_places++ == 0 && method < 2) {
                item->data_at = start + offset + (method == 1 ? base : 0);
            }
        }
    }
}

static enum fovea_status
read_index(struct part meta, uint64_t meta_at, struct fovea_heif_items *items,
        struct fovea_error *err)
{
    const uint8_t *start = meta.at;
    struct part box;
    struct part properties;
    (void)take(&meta, 4);
    enum fovea_status status = find_box(meta, "iinf", &box)
            ? read_types(box, items, err)
            : FOVEA_OK;
    if (!status && items->n_items > 0 && find_box(meta, "iref", &box)) {
        status = read_links(box, items, err);
    }
    if (status || items->n_items == 0) {
        return status;
    }
    struct part ipco;
    if (find_box(meta, "iprp", &properties) &&
            find_box(properties, "ipco", &ipco)) {
        items->is_deep = is_deep(ipco);
        items->is_ambiguous = items->is_ambiguous || has_wide_crop(ipco);
        char type[4];
        while (next_box(&properties, type, &box)) {
            if (memcmp(type, "ipma", 4) == 0) {
                read_sides(box, ipco, items);
            }
        }
    }
    uint64_t idat = find_box(meta, "idat", &box)
            ? meta_at + (uint64_t)(box.at - start)
            : 0;
    if (find_box(meta, "iloc", &box)) {
        read_places(box, idat, items);
    }
    const struct fovea_heif_item *primary = NULL;
    if (find_box(meta, "pitm", &box)) {
        uint64_t version = take(&box, 4) >> 24;
        primary = find_item(items, take(&box, version == 0 ? 2 : 4));
    }
    items->n_items = primary ? items->n_items : 0;
    items->primary = primary ? (uint32_t)(primary - items->items) : 0;
    return FOVEA_OK;
}

/* Of all beside each other: libheif takes the last, wherever it is. */
static enum fovea_status
find_index(const struct fovea_input *input, struct fovea_box *meta_out,
        struct fovea_error *err)
{
    struct fovea_box box = { .end = 0 };
    *meta_out = box;
    for (int i = 0; i < FOVEA_MAX_BOXES; i++) {
        enum fovea_status status =
                fovea_box_read(input, box.end, input->size, &box, err);
        if (status || box.end == 0) {
            return status;
        }
        bool is_index = memcmp(box.type, "meta", 4) == 0;
        if (is_index && meta_out->end > 0) {
            return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                    "HEIF: there is more than one index");
        }
        *meta_out = is_index ? box : *meta_out;
    }
    return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
            "HEIF: %d boxes or more", FOVEA_MAX_BOXES);
}

enum fovea_status
fovea_heif_items_read(const struct fovea_input *input,
        struct fovea_heif_items *items_out, struct fovea_error *err)
{
    *items_out = (struct fovea_heif_items){ 0 };
    struct fovea_box meta;
    enum fovea_status status = find_index(input, &meta, err);
    if (status || meta.end <= meta.at) {
        return status;
    }
    size_t size = meta.end - meta.at;
    if (size > MAX_INDEX_BYTES) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "HEIF: an index of more than %d bytes", MAX_INDEX_BYTES);
    }
    FOVEA_AUTO_FREE uint8_t *bytes = malloc(size);
    if (!bytes) {
        return fovea_fail_memory(err, size, "the index of a HEIF");
    }
    size_t n = 0;
    status = fovea_input_read(input, meta.at, bytes, size, &n, err);
    items_out->index_bytes = size;
    return status
            ? status
            : read_index((struct part){ bytes, n }, meta.at, items_out, err);
}

void
fovea_heif_items_finish(struct fovea_heif_items *items)
{
    free(items->items);
    free(items->links);
}
