/* See picture.h. libjpeg-turbo's TurboJPEG interface compresses it. */
#include "bench/picture.h"

#include <math.h>
#include <stdlib.h>
#include <turbojpeg.h>

#include "base/error.h"

enum {
    QUALITY = 85
};

static uint8_t
sample(double value)
{
    if (value <= 0.0) {
        return 0;
    }
    return value >= 255.0 ? 255 : (uint8_t)value;
}

/* Hills before a sky, with grain: x and y are 0..1. */
static void
draw_pixel(double x, double y, uint32_t *noise, uint8_t rgb[3])
{
    *noise = *noise * 1664525U + 1013904223U;
    double grain = (double)(*noise >> 24) / 16.0 - 8.0;
    double ridge = 0.55 + 0.12 * sin(9.0 * x) + 0.05 * sin(31.0 * x + 1.0);
    if (y < ridge) {
        rgb[0] = sample(90.0 + 120.0 * y + grain);
        rgb[1] = sample(140.0 + 60.0 * y + grain);
        rgb[2] = sample(230.0 - 40.0 * y + grain);
    } else {
        double texture = 30.0 * sin(140.0 * x) * sin(170.0 * y);
        rgb[0] = sample(70.0 + texture + grain);
        rgb[1] = sample(110.0 + 60.0 * (1.0 - y) + texture + grain);
        rgb[2] = sample(50.0 + grain);
    }
}

static void
draw(struct fovea_bench_picture *picture)
{
    uint32_t noise = 1;
    uint8_t *rgb = picture->rgb;
    for (uint32_t y = 0; y < picture->height_px; y++) {
        for (uint32_t x = 0; x < picture->width_px; x++, rgb += 3) {
            draw_pixel((double)x / picture->width_px,
                    (double)y / picture->height_px, &noise, rgb);
        }
    }
}

static enum fovea_status
compress(struct fovea_bench_picture *picture, struct fovea_error *err)
{
    tjhandle compressor = tjInitCompress();
    if (!compressor) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY,
                "cannot start the JPEG compressor");
    }
    unsigned long size = 0;
    int failed = tjCompress2(compressor, picture->rgb, (int)picture->width_px,
            0, (int)picture->height_px, TJPF_RGB, &picture->jpeg, &size,
            TJSAMP_420, QUALITY, 0);
    picture->jpeg_size = size;
    (void)tjDestroy(compressor);
    return failed ? fovea_fail(err, FOVEA_ERR_INTERNAL,
                            "cannot compress the bench's picture")
                  : FOVEA_OK;
}

enum fovea_status
fovea_bench_picture_create(uint32_t width_px, uint32_t height_px,
        struct fovea_bench_picture *picture_out, struct fovea_error *err)
{
    if (width_px < FOVEA_PICTURE_MIN_SIDE_PX ||
            width_px > FOVEA_PICTURE_MAX_SIDE_PX ||
            height_px < FOVEA_PICTURE_MIN_SIDE_PX ||
            height_px > FOVEA_PICTURE_MAX_SIDE_PX) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the bench's picture must have sides of %d to %d pixels",
                FOVEA_PICTURE_MIN_SIDE_PX, FOVEA_PICTURE_MAX_SIDE_PX);
    }
    struct fovea_bench_picture picture = { .width_px = width_px,
        .height_px = height_px };
    size_t size = 3 * (size_t)width_px * height_px;
    picture.rgb = malloc(size);
    if (!picture.rgb) {
        return fovea_fail_memory(err, size, "the bench's picture");
    }
    draw(&picture);
    enum fovea_status status = compress(&picture, err);
    if (status) {
        fovea_bench_picture_finish(&picture);
        return status;
    }
    *picture_out = picture;
    return FOVEA_OK;
}

void
fovea_bench_picture_finish(struct fovea_bench_picture *picture)
{
    free(picture->rgb);
    tjFree(picture->jpeg);
    *picture = (struct fovea_bench_picture){ 0 };
}
