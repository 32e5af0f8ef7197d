/*
 * Time of the streaming resize alone, decoding left out.
 *
 *     bench_resize WIDTH HEIGHT ROUNDS [pil|torchvision]
 *
 * Synthetic rows go through a resize to a shortest edge of 224 and its centre
 * crop; prints the milliseconds of each round, a line each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "image/preprocess.h"
#include "image/resample.h"
#include "spec/pixels.h"

enum {
    EDGE_PX = 224,
    MAX_SIDE_PX = 32768,
    MAX_ROUNDS = 100000
};

static int
run(const struct fovea_resample_plan *plan, const uint8_t *rows,
        struct fovea_error *err)
{
    static uint8_t pixels[EDGE_PX * EDGE_PX * 3];
    struct fovea_resampler *resampler = NULL;
    int64_t start = fovea_clock_ns();
    if (fovea_resampler_create(plan, pixels, &resampler, err)) {
        return -1;
    }
    size_t stride = (size_t)plan->rows.width_px * 3;
    for (size_t y = 0; y < plan->rows.height_px; y++) {
        fovea_resampler_push(resampler, rows + y * stride);
    }
    int64_t taken = fovea_clock_ns() - start;
    fovea_resampler_destroy(resampler);
    printf("%.3f\n", (double)taken / (double)FOVEA_NS_PER_MS);
    return 0;
}

static uint32_t
number(const char *text, uint32_t max)
{
    uint32_t value = 0;
    for (; *text >= '0' && *text <= '9' && value <= max; text++) {
        value = value * 10 + (uint32_t)(*text - '0');
    }
    return *text == '\0' && value <= max ? value : 0;
}

int
main(int argc, char **argv)
{
    bool good = argc == 4 || argc == 5;
    uint32_t width = good ? number(argv[1], MAX_SIDE_PX) : 0;
    uint32_t height = good ? number(argv[2], MAX_SIDE_PX) : 0;
    uint32_t rounds = good ? number(argv[3], MAX_ROUNDS) : 0;
    enum fovea_pixels pixels = FOVEA_PIXELS_PIL;
    if (width == 0 || height == 0 || rounds == 0 ||
            (argc == 5 && !fovea_pixels_parse(argv[4], &pixels))) {
        (void)fputs("usage: bench_resize WIDTH HEIGHT ROUNDS "
                    "[pil|torchvision]\n",
                stderr);
        return 2;
    }
    struct fovea_preprocess settings = {
        .pixels = pixels,
        .filter = FOVEA_FILTER_BICUBIC,
        .resize = FOVEA_RESIZE_SHORTEST,
        .resize_height_px = EDGE_PX,
        .resize_width_px = EDGE_PX,
        .crop_width_px = EDGE_PX,
        .crop_height_px = EDGE_PX,
    };
    struct fovea_image_info info = {
        .width_px = width,
        .height_px = height,
        .orientation = 1,
    };
    struct fovea_resample_plan plan;
    struct fovea_error error;
    if (fovea_preprocess_plan(&settings, &info, &plan, &error)) {
        (void)fprintf(stderr, "bench_resize: %s\n", error.message);
        return 1;
    }
    size_t size = (size_t)width * height * 3;
    FOVEA_AUTO_FREE uint8_t *rows = malloc(size);
    if (!rows) {
        (void)fputs("bench_resize: out of memory\n", stderr);
        return 1;
    }
    uint32_t state = 1;
    for (size_t i = 0; i < size; i++) {
        state = (uint32_t)((uint64_t)state * 1664525U + 1013904223U);
        rows[i] = (uint8_t)(state >> 24);
    }
    for (uint32_t i = 0; i < rounds; i++) {
        if (run(&plan, rows, &error)) {
            (void)fprintf(stderr, "bench_resize: %s\n", error.message);
            return 1;
        }
    }
    return 0;
}
