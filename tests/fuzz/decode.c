/* See decode.h. */
#include "decode.h"

#include "base/macros.h"
#include "option/limits.h"

enum {
    MAX_PIXELS = 1 << 18,
    MAX_SIDE_PX = 4096
};

struct counter {
    struct fovea_image_info info;
    unsigned n_begun;
    uint32_t n_rows;
    uint32_t sum; /* of all samples: makes sanitizers see each */
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
    return FOVEA_OK;
}

static enum fovea_status
row(void *context, const uint8_t *rgb, struct fovea_error *err)
{
    (void)err;
    struct counter *counter = context;
    FOVEA_ASSERT(counter->n_begun == 1);
    FOVEA_ASSERT(counter->n_rows < counter->info.height_px);
    counter->n_rows++;
    for (size_t i = 0; i < (size_t)counter->info.width_px * 3; i++) {
        counter->sum += rgb[i];
    }
    return FOVEA_OK;
}

static void
decode(const uint8_t *data, size_t size, enum fovea_damaged damaged)
{
    struct fovea_error error = { 0 };
    struct fovea_input input = FOVEA_INPUT_INIT;
    fovea_input_from_memory(data, size, &input);
    struct fovea_limits limits = {
        .max_pixels = MAX_PIXELS,
        .max_side_px = MAX_SIDE_PX,
        .damaged = damaged,
    };
    limits = fovea_limits_resolve(&limits);
    struct counter counter = { 0 };
    struct fovea_row_sink sink = {
        .context = &counter,
        .begin = begin,
        .row = row,
    };
    enum fovea_status status =
            fovea_image_decode(&input, &limits, &sink, &error);
    FOVEA_ASSERT(error.code == status);
    if (status) {
        FOVEA_ASSERT(error.message[0] != '\0' && error.notes == 0);
    } else {
        bool is_damaged = error.notes & FOVEA_NOTE_DAMAGED;
        FOVEA_ASSERT(counter.n_begun == 1);
        FOVEA_ASSERT(counter.n_rows == counter.info.height_px);
        FOVEA_ASSERT((error.message[0] != '\0') == (error.notes != 0));
        FOVEA_ASSERT(!is_damaged || damaged == FOVEA_DAMAGED_ACCEPT);
    }
    fovea_input_finish(&input);
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
    if (!status && found == format) {
        decode(data, size, FOVEA_DAMAGED_REFUSE);
        decode(data, size, FOVEA_DAMAGED_ACCEPT);
    }
}
