/* A sink that keeps the whole picture: see image_sink.h. */
#include "image_sink.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

static enum fovea_status
keep_begin(void *context, const struct fovea_image_info *info,
        struct fovea_error *err)
{
    (void)err;
    struct picture *picture = context;
    picture->info = *info;
    picture->has_begun = true;
    picture->rgb = calloc((size_t)info->width_px * info->height_px, 3);
    return picture->rgb ? FOVEA_OK : FOVEA_ERR_NO_MEMORY;
}

static enum fovea_status
keep_row(void *context, const uint8_t *rgb, struct fovea_error *err)
{
    (void)err;
    struct picture *picture = context;
    size_t stride = (size_t)picture->info.width_px * 3;
    if (picture->n_rows >= picture->info.height_px) {
        return FOVEA_ERR_INTERNAL;
    }
    memcpy(picture->rgb + picture->n_rows * stride, rgb, stride);
    picture->n_rows++;
    return FOVEA_OK;
}

enum fovea_status
picture_decode(struct picture *picture, const void *bytes, size_t size,
        const struct fovea_limits *limits, struct fovea_error *err)
{
    static const struct fovea_limits defaults;
    struct fovea_limits all = fovea_limits_resolve(limits ? limits : &defaults);
    struct fovea_row_sink sink = {
        .context = picture,
        .begin = keep_begin,
        .row = keep_row,
    };
    struct fovea_input input;
    *picture = (struct picture){ 0 };
    fovea_input_from_memory(bytes, size, &input);
    return fovea_image_decode(&input, &all, &sink, err);
}

void
picture_finish(struct picture *picture)
{
    free(picture->rgb);
    *picture = (struct picture){ 0 };
}
