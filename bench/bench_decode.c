/*
 * Time of making a picture of a file: decoding alone, and with the resize.
 *
 *     bench_decode FILE ROUNDS [PROFILE]
 *
 * The file is read into memory first. A resize to a shortest edge of 224 and its
 * centre crop, as most models want it. Prints the CPU time of each round in
 * milliseconds, a line each: without the resize, and as a whole.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "image/preprocess.h"
#include "option/limits.h"
#include "spec/pixels.h"

enum {
    EDGE_PX = 224,
    MAX_ROUNDS = 100000
};

static double
cpu_ms(void)
{
    return (double)fovea_clock_thread_ns() * 1e-6;
}

static enum fovea_status
drop_begin(void *context, const struct fovea_image_info *info,
        struct fovea_error *err)
{
    (void)context;
    (void)info;
    (void)err;
    return FOVEA_OK;
}

static enum fovea_status
drop_row(void *context, const uint8_t *rgb, struct fovea_error *err)
{
    (void)context;
    (void)rgb;
    (void)err;
    return FOVEA_OK;
}

/* One round of either: sink NULL is the resize. */
static enum fovea_status
run(const struct fovea_preprocess *settings, const void *bytes, size_t size,
        bool has_resize, struct fovea_error *err)
{
    static uint8_t pixels[EDGE_PX * EDGE_PX * 3];
    const struct fovea_row_sink drop = {
        .begin = drop_begin,
        .row = drop_row,
    };
    struct fovea_limits limits = { 0 };
    limits = fovea_limits_resolve(&limits);
    struct fovea_input input;
    fovea_input_from_memory(bytes, size, &input);
    enum fovea_status status = has_resize
            ? fovea_preprocess_image(settings, &limits, NULL, &input, pixels,
                      NULL, err)
            : fovea_image_decode(&input, &limits, &drop, err);
    fovea_input_finish(&input);
    return status;
}

int
main(int argc, char **argv)
{
    struct fovea_preprocess settings = {
        .filter = FOVEA_FILTER_BICUBIC,
        .resize = FOVEA_RESIZE_SHORTEST,
        .resize_height_px = EDGE_PX,
        .resize_width_px = EDGE_PX,
        .crop_width_px = EDGE_PX,
        .crop_height_px = EDGE_PX,
    };
    long rounds = argc == 3 || argc == 4 ? strtol(argv[2], NULL, 10) : 0;
    if (rounds < 1 || rounds > MAX_ROUNDS ||
            (argc == 4 && !fovea_pixels_parse(argv[3], &settings.pixels))) {
        (void)fputs("usage: bench_decode FILE ROUNDS [PROFILE]\n", stderr);
        return 2;
    }
    struct fovea_error error;
    struct fovea_input file = FOVEA_INPUT_INIT;
    const uint8_t *bytes = NULL;
    size_t size = 0;
    enum fovea_status status = fovea_input_open_file(argv[1], &file, &error);
    if (!status) {
        status = fovea_input_load(&file, &bytes, &size, &error);
    }
    for (long i = 0; !status && i < rounds; i++) {
        double start = cpu_ms();
        status = run(&settings, bytes, size, false, &error);
        double between = cpu_ms();
        if (!status) {
            status = run(&settings, bytes, size, true, &error);
        }
        if (!status) {
            printf("%.3f %.3f\n", between - start, cpu_ms() - between);
        }
    }
    if (status) {
        (void)fprintf(stderr, "bench_decode: %s\n", error.message);
    }
    fovea_input_finish(&file);
    return status ? 1 : 0;
}
