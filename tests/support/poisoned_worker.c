/*
 * The real worker, sealed and all, but for two kinds of pictures: one ends it, the
 * other one holds it up for ever. What a picture is to do stands in its bytes, as
 * a program that found a hole in a decoder would have it.
 */
#include <stdlib.h>
#include <string.h>

#include "image/preprocess.h"

enum {
    HEAD_BYTES = 256 /* in which it stands */
};

extern enum fovea_status __real_fovea_preprocess_image(
        const struct fovea_preprocess *settings,
        const struct fovea_limits *limits,
        const struct fovea_allowance *allowance, struct fovea_input *input,
        uint8_t *pixels, struct fovea_image_info *info_out,
        struct fovea_error *err);
extern enum fovea_status __wrap_fovea_preprocess_image(
        const struct fovea_preprocess *settings,
        const struct fovea_limits *limits,
        const struct fovea_allowance *allowance, struct fovea_input *input,
        uint8_t *pixels, struct fovea_image_info *info_out,
        struct fovea_error *err);

static bool
says(const struct fovea_input *input, const char *word)
{
    char head[HEAD_BYTES];
    size_t n = 0;
    return fovea_input_read(input, 0, head, sizeof head, &n, NULL) ==
            FOVEA_OK &&
            memmem(head, n, word, strlen(word)) != NULL;
}

enum fovea_status
__wrap_fovea_preprocess_image(const struct fovea_preprocess *settings,
        const struct fovea_limits *limits,
        const struct fovea_allowance *allowance, struct fovea_input *input,
        uint8_t *pixels, struct fovea_image_info *info_out,
        struct fovea_error *err)
{
    if (says(input, "fovea-ends-workers")) {
        __builtin_trap();
    }
    volatile bool is_held = says(input, "fovea-holds-workers-up");
    while (is_held) {
    }
    return __real_fovea_preprocess_image(settings, limits, allowance, input,
            pixels, info_out, err);
}
