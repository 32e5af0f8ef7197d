/*
 * The largest preview of a raw photograph: see raw.h. Sources: what cameras
 * write, as ExifTool, LibRaw and Laurent Clévy's notes on CR2 and CR3 have it.
 */
#include <string.h>

#include "base/macros.h"
#include "image/byte_order.h"
#include "image/codec/raw.h"

enum {
    RAF_PREVIEW_AT = 84, /* offset and size, big-endian */
    MAX_MAGIC = 24
};

/* What is told by its first bytes alone; all else by its directories. */
static const struct {
    const char *name;
    size_t at;
    const char *magic;
    size_t size;
    bool first_is_sensor;
} kinds[] = {
    { "CR2", 8, "CR\2\0", 4, false },
    { "IIQ", 8, "IIIITwaR", 8, false },
    { "IIQ", 8, "MMMMRawT", 8, false },
    { "ORF", 0, "IIRO", 4, true },
    { "ORF", 0, "IIRS", 4, true },
    { "ORF", 0, "MMOR", 4, true },
    { "RW2", 0, "IIU\0", 4, true },
    { "RAF", 0, "FUJIFILMCCD-RAW ", 16, false },
    { "CR3", 4, "ftypcrx ", 8, false },
    { "CRW", 6, "HEAPCCDR", 8, false },
};

static enum fovea_status
find_in_raf(struct fovea_raw *raw, struct fovea_error *err)
{
    uint8_t place[8];
    size_t n = 0;
    enum fovea_status status = fovea_input_read(raw->input, RAF_PREVIEW_AT,
            place, sizeof place, &n, err);
    if (status || n < sizeof place) {
        raw->is_cut = n < sizeof place;
        return status;
    }
    return fovea_raw_offer(raw, fovea_big_endian(place, 4),
            fovea_big_endian(place + 4, 4), err);
}

static enum fovea_status
set_kind(struct fovea_raw *raw, struct fovea_error *err)
{
    uint8_t head[MAX_MAGIC];
    size_t n = 0;
    enum fovea_status status =
            fovea_input_read(raw->input, 0, head, sizeof head, &n, err);
    for (size_t i = 0; !status && i < FOVEA_ARRAY_LEN(kinds); i++) {
        if (n >= kinds[i].at + kinds[i].size &&
                memcmp(head + kinds[i].at, kinds[i].magic, kinds[i].size) ==
                        0) {
            raw->name = kinds[i].name;
            raw->first_is_sensor = kinds[i].first_is_sensor;
        }
    }
    return status;
}

enum fovea_status
fovea_raw_find(const struct fovea_input *input, struct fovea_raw *raw_out,
        struct fovea_error *err)
{
    *raw_out = (struct fovea_raw){ .input = input };
    enum fovea_status status = set_kind(raw_out, err);
    if (status) {
        return status;
    }
    if (raw_out->name && strcmp(raw_out->name, "RAF") == 0) {
        return find_in_raf(raw_out, err);
    }
    if (raw_out->name && strcmp(raw_out->name, "CR3") == 0) {
        return fovea_raw_walk_boxes(raw_out, err);
    }
    if (raw_out->name && strcmp(raw_out->name, "CRW") == 0) {
        return fovea_raw_walk_heaps(raw_out, err);
    }
    return fovea_raw_walk_tiff(raw_out, 0, err);
}

enum fovea_status
fovea_raw_is_tiff(const struct fovea_input *input, bool *is_raw_out,
        struct fovea_error *err)
{
    struct fovea_raw raw;
    enum fovea_status status = fovea_raw_find(input, &raw, err);
    *is_raw_out = !status && raw.name && raw.has_sensor;
    return status;
}
