/* What the walks through a raw photograph find: previews, and the sensor's size.
 * See raw.h. */
#include <string.h>

#include "image/codec/raw.h"

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
