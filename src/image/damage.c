/* See damage.h. */
#include "image/damage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

static enum fovea_status
watch_begin(void *context, const struct fovea_image_info *info,
        struct fovea_error *err)
{
    struct fovea_damage_watch *watch = context;
    watch->info = *info;
    enum fovea_status status =
            watch->sink->begin(watch->sink->context, info, err);
    watch->has_begun = !status;
    return status;
}

static enum fovea_status
watch_reserve(void *context, const struct fovea_image_info *info,
        struct fovea_error *err)
{
    struct fovea_damage_watch *watch = context;
    return watch->sink->reserve
            ? watch->sink->reserve(watch->sink->context, info, err)
            : FOVEA_OK;
}

static enum fovea_status
hand_on(struct fovea_damage_watch *watch, const uint8_t *rgb,
        struct fovea_error *err)
{
    enum fovea_status status = watch->sink->row(watch->sink->context, rgb, err);
    watch->has_failed = watch->has_failed || status;
    watch->n_rows++;
    return status;
}

static enum fovea_status
lose_row(struct fovea_damage_watch *watch, struct fovea_error *err)
{
    if (!watch->fill) {
        size_t size = (size_t)watch->info.rows.width_px * 3;
        watch->fill = malloc(size);
        if (!watch->fill) {
            return fovea_fail_memory(err, size, "a row of a damaged picture");
        }
        memset(watch->fill, FOVEA_DAMAGE_FILL, size);
    }
    watch->n_lost++;
    return hand_on(watch, watch->fill, err);
}

static enum fovea_status
watch_row(void *context, const uint8_t *rgb, struct fovea_error *err)
{
    struct fovea_damage_watch *watch = context;
    return rgb ? hand_on(watch, rgb, err) : lose_row(watch, err);
}

static enum fovea_status
watch_least(void *context, const struct fovea_image_info *info,
        uint32_t least_out[2], struct fovea_error *err)
{
    struct fovea_damage_watch *watch = context;
    return watch->sink->least(watch->sink->context, info, least_out, err);
}

static void
watch_window(void *context, struct fovea_window *window_out)
{
    struct fovea_damage_watch *watch = context;
    watch->sink->window(watch->sink->context, window_out);
}

struct fovea_row_sink
fovea_damage_watch_sink(struct fovea_damage_watch *watch)
{
    return (struct fovea_row_sink){
        .context = watch,
        .begin = watch_begin,
        .row = watch_row,
        .reserve = watch_reserve,
        .least = watch->sink->least ? watch_least : NULL,
        .window = watch->sink->window ? watch_window : NULL,
    };
}

/* Put the count of rows behind what the decoder said: of stored ones, whatever
   is made of them. */
static void
count_rows(struct fovea_error *err, const struct fovea_image_info *info,
        uint32_t n_good_given, const char *remark)
{
    if (!err) {
        return;
    }
    uint32_t n_all = info->height_px;
    uint32_t n_good =
            (uint32_t)((uint64_t)n_good_given * n_all / info->rows.height_px);
    char *end = err->message + strlen(err->message);
    size_t room = sizeof err->message - strlen(err->message);
    if (n_good == n_all) {
        /* Only when all was read did it show that something does not fit. */
        (void)snprintf(end, room,
                "; all %" PRIu32 " rows were decoded, maybe wrongly%s", n_all,
                remark);
    } else {
        (void)snprintf(end, room,
                "; %" PRIu32 " of %" PRIu32 " rows could be decoded%s", n_good,
                n_all, remark);
    }
}

static enum fovea_status
accept(struct fovea_damage_watch *watch, uint32_t n_good,
        struct fovea_error *err)
{
    struct fovea_error damage = { .code = FOVEA_OK };
    if (err) {
        damage = *err;
    }
    uint32_t n_all = watch->info.rows.height_px;
    while (watch->n_rows < n_all) {
        enum fovea_status status = lose_row(watch, err);
        if (status) {
            return status;
        }
    }
    count_rows(&damage, &watch->info, n_good,
            n_good < n_all ? ", the others are grey" : "");
    fovea_note(err, FOVEA_NOTE_DAMAGED, "%s", damage.message);
    return FOVEA_OK;
}

static enum fovea_status
judge(struct fovea_damage_watch *watch, enum fovea_status status,
        struct fovea_error *err)
{
    bool is_damage = status == FOVEA_ERR_IMAGE_TRUNCATED ||
            status == FOVEA_ERR_IMAGE_CORRUPT;
    uint32_t n_good = watch->n_rows - watch->n_lost;
    if (!is_damage || !watch->has_begun || watch->has_failed || n_good == 0) {
        return status;
    }
    uint32_t n_all = watch->info.rows.height_px;
    bool is_enough = n_good >= n_all - n_good;
    if (is_enough && watch->limits->damaged == FOVEA_DAMAGED_ACCEPT) {
        return accept(watch, n_good, err);
    }
    count_rows(err, &watch->info, n_good,
            is_enough ? " (--damaged accept takes it)" : ", less than half");
    return status;
}

enum fovea_status
fovea_damage_judge(struct fovea_damage_watch *watch, enum fovea_status status,
        struct fovea_error *err)
{
    if (!status && err && err->code) {
        fovea_error_clear(err); /* the decoder could do without */
    }
    enum fovea_status verdict = judge(watch, status, err);
    free(watch->fill);
    watch->fill = NULL;
    return verdict;
}
