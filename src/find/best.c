/* See best.h. */
#include "find/best.h"

#include <string.h>

static int
compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static uint64_t
n_pixels(const struct fovea_picture *picture)
{
    return (uint64_t)picture->content.width_px * picture->content.height_px;
}

static const char *
first_name(const struct fovea_picture *picture)
{
    const struct fovea_picture_place *place = picture->places;
    return picture->n_places == 0 ? ""
            : place->path         ? place->path
                                  : place->name;
}

bool
fovea_is_larger(const struct fovea_picture *a, const struct fovea_picture *b)
{
    int order = compare(n_pixels(a), n_pixels(b));
    return order ? order > 0 : a->content.size_bytes > b->content.size_bytes;
}

bool
fovea_is_better(const struct fovea_picture *a, const struct fovea_picture *b,
        enum fovea_best_reason *reason_out)
{
    int64_t a_time = fovea_picture_time_ns(a);
    int64_t b_time = fovea_picture_time_ns(b);
    const struct {
        enum fovea_best_reason reason;
        int order; /* more than 0: a is the better */
    } steps[] = {
        { FOVEA_BEST_PIXELS, compare(n_pixels(a), n_pixels(b)) },
        { FOVEA_BEST_BYTES,
                compare(a->content.size_bytes, b->content.size_bytes) },
        { FOVEA_BEST_TIME, (a_time < b_time) - (a_time > b_time) },
        { FOVEA_BEST_NAME, -strcmp(first_name(a), first_name(b)) },
    };
    size_t i = 0;
    while (i + 1 < sizeof steps / sizeof *steps && steps[i].order == 0) {
        i++;
    }
    if (reason_out) {
        *reason_out = steps[i].reason;
    }
    return steps[i].order > 0;
}

const char *
fovea_best_reason_words(enum fovea_best_reason reason)
{
    static const char *const words[] = {
        [FOVEA_BEST_CENTRE] = "the only one like all others",
        [FOVEA_BEST_PIXELS] = "most pixels",
        [FOVEA_BEST_BYTES] = "most bytes",
        [FOVEA_BEST_TIME] = "oldest",
        [FOVEA_BEST_NAME] = "first by name",
    };
    return words[reason];
}
