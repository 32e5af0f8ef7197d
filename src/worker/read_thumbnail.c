/* Images to thumbnails: see read.h, image/thumbnail.h and wire/thumbnail.h. */
#include <string.h>

#include "base/error.h"
#include "image/thumbnail.h"
#include "wire/thumbnail.h"
#include "worker/read_image.h"

/* Nothing of the model's is needed. */
static enum fovea_status
load(const struct fovea_read_origin *origin, struct fovea_read_options *options,
        int *table_fd_out, struct fovea_error *err)
{
    (void)origin;
    (void)options;
    (void)table_fd_out;
    (void)err;
    return FOVEA_OK;
}

static size_t
row_bytes(const struct fovea_read_options *options)
{
    return fovea_thumbnail_row_bytes(options->thumbnail_px);
}

static enum fovea_status
read_thumbnail(const struct fovea_read_options *options,
        const struct fovea_allowance *allowance,
        const struct fovea_work_flags *flags, struct fovea_input *input,
        void *row_out, struct fovea_facts *facts_out, struct fovea_error *err)
{
    (void)flags; /* nothing of an image is cut */
    struct fovea_thumbnail_row *row = row_out;
    size_t side = options->thumbnail_px;
    FOVEA_AUTO_FREE uint8_t *pixels = malloc(3 * side * side);
    if (!pixels) {
        return fovea_fail_memory(err, 3 * side * side, "a thumbnail");
    }
    struct fovea_thumbnail thumbnail = {
        .side_px = options->thumbnail_px,
        .pixels = pixels,
        .jpeg = row->jpeg,
        .capacity = fovea_thumbnail_jpeg_bytes(options->thumbnail_px),
    };
    struct fovea_image_info info;
    enum fovea_status status = fovea_thumbnail_make(&thumbnail,
            &options->limits, allowance, input, &info, err);
    if (status) {
        return status;
    }
    row->size = (uint32_t)thumbnail.size;
    /* Nothing of the picture before. */
    memset(row->jpeg + thumbnail.size, 0, thumbnail.capacity - thumbnail.size);
    fovea_read_facts(&info, facts_out);
    return FOVEA_OK;
}

const struct fovea_item_reader fovea_read_thumbnail = {
    .load = load,
    .row_bytes = row_bytes,
    .warm_up = fovea_image_warm_up,
    .read = read_thumbnail,
};
