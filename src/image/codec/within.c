/* See within.h. */
#include "image/codec/within.h"

static struct fovea_image_info
as_whole(const struct fovea_within *within, const struct fovea_image_info *info)
{
    struct fovea_image_info whole = *info;
    whole.format = within->format;
    whole.orientation = within->orientation;
    whole.taken = info->taken.is_known ? info->taken : within->taken;
    whole.raw_kind = within->raw_kind;
    return whole;
}

static enum fovea_status
reserve(void *context, const struct fovea_image_info *info,
        struct fovea_error *err)
{
    const struct fovea_within *within = context;
    struct fovea_image_info whole = as_whole(within, info);
    return within->sink->reserve
            ? within->sink->reserve(within->sink->context, &whole, err)
            : FOVEA_OK;
}

static enum fovea_status
begin(void *context, const struct fovea_image_info *info,
        struct fovea_error *err)
{
    const struct fovea_within *within = context;
    struct fovea_image_info whole = as_whole(within, info);
    return within->sink->begin(within->sink->context, &whole, err);
}

static enum fovea_status
push_row(void *context, const uint8_t *rgb, struct fovea_error *err)
{
    const struct fovea_within *within = context;
    return within->sink->row(within->sink->context, rgb, err);
}

static enum fovea_status
least(void *context, const struct fovea_image_info *info, uint32_t least_out[2],
        struct fovea_error *err)
{
    const struct fovea_within *within = context;
    struct fovea_image_info whole = as_whole(within, info);
    return within->sink->least(within->sink->context, &whole, least_out, err);
}

static void
window(void *context, struct fovea_window *window_out)
{
    const struct fovea_within *within = context;
    within->sink->window(within->sink->context, window_out);
}

struct fovea_row_sink
fovea_within_sink(struct fovea_within *within)
{
    return (struct fovea_row_sink){
        .context = within,
        .begin = begin,
        .row = push_row,
        .reserve = reserve,
        .least = within->sink->least ? least : NULL,
        .window = within->sink->window ? window : NULL,
    };
}
