/*
 * The largest preview of a raw photograph: see raw.h. Sources: what cameras
 * write, as ExifTool, LibRaw and Laurent Clévy's notes on CR2 and CR3 have it.
 */
#include <string.h>

#include "base/macros.h"
#include "image/bytes.h"
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

void
fovea_raw_set_sensor(struct fovea_raw *raw, uint64_t width_px,
        uint64_t height_px)
{
    uint64_t known = (uint64_t)raw->sensor_width_px * raw->sensor_height_px;
    if (width_px <= UINT16_MAX * 4 && height_px <= UINT16_MAX * 4 &&
            width_px * height_px > known) {
        raw->sensor_width_px = (uint32_t)width_px;
        raw->sensor_height_px = (uint32_t)height_px;
    }
}

/* Baseline, extended or progressive, of 8 bits, grey or colour. */
static bool
is_preview(const struct fovea_jpeg_head *head)
{
    return head->marker >= 0xc0 && head->marker <= 0xc2 &&
            head->precision == 8 &&
            (head->n_components == 1 || head->n_components == 3);
}

enum fovea_status
fovea_raw_offer(struct fovea_raw *raw, uint64_t at, uint64_t size,
        struct fovea_error *err)
{
    if (raw->n_previews == FOVEA_RAW_MAX_PREVIEWS || size == 0) {
        return FOVEA_OK;
    }
    raw->n_previews++;
    if (at >= raw->input->size) {
        raw->is_cut = true;
        return FOVEA_OK;
    }
    struct fovea_input window;
    struct fovea_jpeg_head head;
    uint8_t start[3];
    size_t n = 0;
    fovea_input_window(raw->input, at, size, &window);
    enum fovea_status status =
            fovea_input_read(&window, 0, start, sizeof start, &n, err);
    if (status || n < sizeof start ||
            memcmp(start, "\xff\xd8\xff", sizeof start) != 0) {
        return status;
    }
    status = fovea_jpeg_read_head(&window, &head, err);
    if (status) {
        return status;
    }
    if (head.marker ==
            0xc3) { /* lossless: the sensor's, columns side by side */
        fovea_raw_set_sensor(raw, (uint64_t)head.width_px * head.n_components,
                head.height_px);
    }
    uint64_t pixels = (uint64_t)head.width_px * head.height_px;
    uint64_t known = (uint64_t)raw->preview.width_px * raw->preview.height_px;
    if (is_preview(&head) && pixels > known) {
        raw->preview = head;
        raw->preview_at = at;
        raw->preview_size = window.size;
    }
    return FOVEA_OK;
}

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
