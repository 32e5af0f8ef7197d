/* See decode.h. */
#include "decode.h"

#include <string.h>

#include "base/macros.h"
#include "option/limits.h"

enum {
    MAX_PIXELS = 1 << 18,
    MAX_SIDE_PX = 4096,
    LEAST_PX = 2
};

/* What is asked of a decoder beside its rows. */
struct wish {
    enum fovea_damaged damaged;
    bool is_small;   /* as small a picture as it can make */
    bool has_window; /* the middle counts */
};

struct counter {
    struct wish wish;
    struct fovea_image_info info;
    unsigned n_begun;
    uint32_t n_rows;
    uint32_t sum;    /* of all samples: makes sanitizers see each */
    uint64_t middle; /* a hash of those in the middle */
};

static enum fovea_status
begin(void *context, const struct fovea_image_info *info,
        struct fovea_error *err)
{
    (void)err;
    struct counter *counter = context;
    counter->info = *info;
    counter->n_begun++;
    FOVEA_ASSERT(info->width_px > 0 && info->width_px <= MAX_SIDE_PX);
    FOVEA_ASSERT(info->height_px > 0 && info->height_px <= MAX_SIDE_PX);
    FOVEA_ASSERT((uint64_t)info->width_px * info->height_px <= MAX_PIXELS);
    FOVEA_ASSERT(info->orientation >= 1 && info->orientation <= 8);
    const struct fovea_image_rows *rows = &info->rows;
    FOVEA_ASSERT(rows->width_px > 0 && rows->width_px <= info->width_px);
    FOVEA_ASSERT(rows->height_px > 0 && rows->height_px <= info->height_px);
    FOVEA_ASSERT(rows->across > 0 && rows->down > 0);
    if (!counter->wish.is_small) {
        FOVEA_ASSERT(rows->width_px == info->width_px);
        FOVEA_ASSERT(rows->height_px == info->height_px);
    }
    return FOVEA_OK;
}

static struct fovea_window
middle_of(const struct fovea_image_info *info)
{
    const struct fovea_image_rows *rows = &info->rows;
    return (struct fovea_window){
        .x_begin = rows->width_px / 3,
        .x_end = rows->width_px - rows->width_px / 4,
        .y_begin = rows->height_px / 4,
        .y_end = rows->height_px - rows->height_px / 3,
    };
}

static enum fovea_status
row(void *context, const uint8_t *rgb, struct fovea_error *err)
{
    (void)err;
    struct counter *counter = context;
    const struct fovea_window middle = middle_of(&counter->info);
    FOVEA_ASSERT(counter->n_begun == 1);
    FOVEA_ASSERT(counter->n_rows < counter->info.rows.height_px);
    if (counter->n_rows >= middle.y_begin && counter->n_rows < middle.y_end) {
        for (size_t i = 3 * (size_t)middle.x_begin;
                i < 3 * (size_t)middle.x_end; i++) {
            counter->middle = (counter->middle ^ rgb[i]) * 1099511628211U;
        }
    }
    counter->n_rows++;
    for (size_t i = 0; i < (size_t)counter->info.rows.width_px * 3; i++) {
        counter->sum += rgb[i];
    }
    return FOVEA_OK;
}

static enum fovea_status
least(void *context, const struct fovea_image_info *info, uint32_t least_out[2],
        struct fovea_error *err)
{
    (void)context;
    (void)info;
    (void)err;
    least_out[0] = LEAST_PX;
    least_out[1] = LEAST_PX;
    return FOVEA_OK;
}

static void
window(void *context, struct fovea_window *window_out)
{
    const struct counter *counter = context;
    *window_out = middle_of(&counter->info);
}

static struct counter
decode(const uint8_t *data, size_t size, struct wish wish,
        struct fovea_error *error)
{
    struct fovea_input input = FOVEA_INPUT_INIT;
    fovea_input_from_memory(data, size, &input);
    struct fovea_limits limits = {
        .max_pixels = MAX_PIXELS,
        .max_side_px = MAX_SIDE_PX,
        .damaged = wish.damaged,
    };
    limits = fovea_limits_resolve(&limits);
    struct counter counter = { .wish = wish };
    struct fovea_row_sink sink = {
        .context = &counter,
        .begin = begin,
        .row = row,
        .least = wish.is_small ? least : NULL,
        .window = wish.has_window ? window : NULL,
    };
    *error = (struct fovea_error){ 0 };
    enum fovea_status status =
            fovea_image_decode(&input, &limits, &sink, error);
    FOVEA_ASSERT(error->code == status);
    if (status) {
        FOVEA_ASSERT(error->message[0] != '\0' && error->notes == 0);
    } else {
        bool is_damaged = error->notes & FOVEA_NOTE_DAMAGED;
        FOVEA_ASSERT(counter.n_begun == 1);
        FOVEA_ASSERT(counter.n_rows == counter.info.rows.height_px);
        FOVEA_ASSERT((error->message[0] != '\0') == (error->notes != 0));
        FOVEA_ASSERT(!is_damaged || wish.damaged == FOVEA_DAMAGED_ACCEPT);
    }
    fovea_input_finish(&input);
    return counter;
}

/* A sink that says what counts gets the same, and the same is said of damage. */
static void
decode_either_way(const uint8_t *data, size_t size, struct wish wish)
{
    struct fovea_error whole_error;
    struct fovea_error part_error;
    struct counter whole = decode(data, size, wish, &whole_error);
    wish.has_window = true;
    struct counter part = decode(data, size, wish, &part_error);
    FOVEA_ASSERT(whole_error.code == part_error.code);
    FOVEA_ASSERT(strcmp(whole_error.message, part_error.message) == 0);
    FOVEA_ASSERT(whole.n_rows == part.n_rows && whole.middle == part.middle);
}

void
fuzz_decode(enum fovea_format format, const uint8_t *data, size_t size)
{
    struct fovea_error error = { 0 };
    struct fovea_input input = FOVEA_INPUT_INIT;
    fovea_input_from_memory(data, size, &input);
    enum fovea_format found;
    enum fovea_status status = fovea_image_sniff(&input, &found, &error);
    fovea_input_finish(&input);
    if (status || found != format) {
        return;
    }
    for (int i = 0; i < 4; i++) {
        struct wish wish = {
            .damaged = i & 1 ? FOVEA_DAMAGED_ACCEPT : FOVEA_DAMAGED_REFUSE,
            .is_small = i >= 2,
        };
        if (format == FOVEA_FORMAT_JPEG || format == FOVEA_FORMAT_RAW) {
            decode_either_way(data, size, wish);
        } else {
            (void)decode(data, size, wish, &error);
        }
    }
}
