/*
 * A row of decoded components to RGB: see jpeg2000.h. Samples and YCbCr become
 * what Pillow makes of them, but what would wrap around there is clipped here,
 * and fewer than 8 bits are spread over 0 to 255.
 */
#include "image/codec/jpeg2000.h"

enum {
    SCALE = 6 /* bits of Pillow's fractions */
};

static uint8_t
clip(int32_t value)
{
    return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

static uint8_t
level_of(const struct fovea_jpeg2000_plane *plane, int32_t sample)
{
    int32_t largest = (int32_t)(1U << plane->bits) - 1;
    int32_t value = sample;
    if (plane->is_signed) {
        value += (int32_t)(1U << (plane->bits - 1));
    }
    value = value < 0 ? 0 : value > largest ? largest : value;
    if (plane->bits < 8) {
        return (uint8_t)(value * 255 / largest);
    }
    unsigned shift = plane->bits - 8;
    return clip(shift ? (value + (1 << (shift - 1))) >> shift : value);
}

/* Of x, y of the picture; the sample that covers that place. */
static uint8_t
level_at(const struct fovea_jpeg2000_picture *picture,
        const struct fovea_jpeg2000_plane *plane, uint32_t x, uint32_t y)
{
    uint32_t first_x = (picture->left_px + plane->dx - 1) / plane->dx;
    uint32_t first_y = (picture->top_px + plane->dy - 1) / plane->dy;
    uint32_t column = (picture->left_px + x) / plane->dx;
    uint32_t row = (picture->top_px + y) / plane->dy;
    column = column > first_x ? column - first_x : 0;
    row = row > first_y ? row - first_y : 0;
    column = column < plane->width ? column : plane->width - 1;
    row = row < plane->height ? row : plane->height - 1;
    return level_of(plane, plane->samples[(size_t)row * plane->width + column]);
}

/* Half is added before the fraction is cut off, towards 0. */
static int32_t
scaled(double factor, uint8_t chroma)
{
    return (int32_t)(factor * (chroma - 128) * (1 << SCALE) + 0.5);
}

static void
ycc_to_rgb(uint8_t *rgb)
{
    int32_t luma = rgb[0];
    uint8_t blue = rgb[1];
    uint8_t red = rgb[2];
    rgb[0] = clip(luma + (scaled(1.402, red) >> SCALE));
    rgb[1] = clip(
            luma + ((scaled(-0.34414, blue) + scaled(-0.71414, red)) >> SCALE));
    rgb[2] = clip(luma + (scaled(1.772, blue) >> SCALE));
}

void
fovea_jpeg2000_convert_row(const struct fovea_jpeg2000_picture *picture,
        uint32_t y, uint8_t *rgb)
{
    for (uint32_t x = 0; x < picture->width_px; x++, rgb += 3) {
        for (size_t i = 0; i < 3; i++) {
            rgb[i] = i < picture->n_planes
                    ? level_at(picture, &picture->planes[i], x, y)
                    : rgb[0];
        }
        if (picture->is_ycc) {
            ycc_to_rgb(rgb);
        }
    }
}
