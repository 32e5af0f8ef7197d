/*
 * The codec of a HEIF's primary image: see heif_codec.h. Source: ISO/IEC
 * 23008-12 and 23001-17 for the types of items, 14496-12 for the boxes.
 */
#include "image/codec/heif_codec.h"

#include <string.h>

#include "base/macros.h"
#include "image/boxes.h"

struct items {
    uint64_t primary;
    const char *of_primary; /* foreign codec of the primary image */
    const char *of_any;     /* of the first image that has one */
    bool is_derived;        /* the primary image is put together from others */
    bool has_known;         /* some image is of a codec that libheif has */
};

static const char *
foreign_name(const char *type)
{
    static const struct {
        char type[5];
        const char *name;
    } codecs[] = {
        { "jpeg", "JPEG" },
        { "j2k1", "JPEG 2000" },
        { "jxs1", "JPEG XS" },
        { "jxl ", "JPEG XL" },
        { "avc1", "AVC" },
        { "vvc1", "VVC" },
        { "evc1", "EVC" },
        { "lhv1", "layered HEVC" },
        { "unci", "an uncompressed picture" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(codecs); i++) {
        if (memcmp(type, codecs[i].type, 4) == 0) {
            return codecs[i].name;
        }
    }
    return NULL;
}

static void
take_item(struct items *items, uint64_t id, const char *type)
{
    const char *foreign = foreign_name(type);
    if (!items->of_any) {
        items->of_any = foreign;
    }
    items->has_known |=
            memcmp(type, "hvc1", 4) == 0 || memcmp(type, "av01", 4) == 0;
    if (id == items->primary) {
        items->of_primary = foreign;
        items->is_derived = memcmp(type, "grid", 4) == 0 ||
                memcmp(type, "iovl", 4) == 0 || memcmp(type, "iden", 4) == 0;
    }
}

/* version and flags, the item's number, its protection, its type */
static enum fovea_status
read_item(const struct fovea_input *input, struct fovea_box *box,
        struct items *items, struct fovea_error *err)
{
    uint64_t version = 0;
    uint64_t id = 0;
    uint64_t type = 0;
    enum fovea_status status = fovea_box_number(input, box, 4, &version, err);
    version >>= 24;
    if (!status) {
        status = fovea_box_number(input, box, version < 3 ? 2 : 4, &id, err);
    }
    if (!status) {
        status = fovea_box_number(input, box, 2, &type, err);
    }
    if (!status) {
        status = fovea_box_number(input, box, 4, &type, err);
    }
    if (!status && version >= 2) {
        const char letters[4] = { (char)(type >> 24), (char)(type >> 16),
            (char)(type >> 8), (char)type };
        take_item(items, id, letters);
    }
    return status;
}

static enum fovea_status
read_items(const struct fovea_input *input, struct fovea_box *list,
        struct items *items, struct fovea_error *err)
{
    uint64_t number = 0;
    enum fovea_status status = fovea_box_number(input, list, 4, &number, err);
    if (!status) {
        status = fovea_box_number(input, list, number >> 24 ? 4 : 2, &number,
                err);
    }
    struct fovea_box box = { .end = list->at };
    for (int i = 0; !status && i < FOVEA_MAX_BOXES; i++) {
        status = fovea_box_read(input, box.end, list->end, &box, err);
        if (status || box.end == 0) {
            break;
        }
        uint64_t end = box.end;
        if (memcmp(box.type, "infe", 4) == 0) {
            status = read_item(input, &box, items, err);
        }
        box.end = end;
    }
    return status;
}

static enum fovea_status
read_primary(const struct fovea_input *input, struct fovea_box *box,
        struct items *items, struct fovea_error *err)
{
    uint64_t version = 0;
    enum fovea_status status = fovea_box_number(input, box, 4, &version, err);
    if (!status) {
        status = fovea_box_number(input, box, version >> 24 ? 4 : 2,
                &items->primary, err);
    }
    return status;
}

enum fovea_status
fovea_heif_foreign_codec(const struct fovea_input *input, const char **name_out,
        struct fovea_error *err)
{
    struct items items = { 0 };
    struct fovea_box meta;
    struct fovea_box box;
    *name_out = NULL;
    enum fovea_status status =
            fovea_box_find(input, 0, input->size, "meta", &meta, err);
    if (status || meta.end - meta.at < 4) {
        return status;
    }
    meta.at += 4; /* version and flags */
    status = fovea_box_find(input, meta.at, meta.end, "pitm", &box, err);
    if (!status) {
        status = read_primary(input, &box, &items, err);
    }
    if (!status) {
        status = fovea_box_find(input, meta.at, meta.end, "iinf", &box, err);
    }
    if (!status) {
        status = read_items(input, &box, &items, err);
    }
    if (!status) {
        bool all_foreign = items.is_derived && !items.has_known;
        *name_out = all_foreign ? items.of_any : items.of_primary;
    }
    return status;
}
