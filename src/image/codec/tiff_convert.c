/*
 * Rows of TIFF samples to RGB: of deep samples the high byte is taken; colours
 * that were multiplied by their alpha are divided by it again, before alpha is
 * dropped.
 */
#include <string.h>

#include "image/codec/tiff.h"

/* The high byte. Below zero is black. */
static uint8_t
grey_16(const uint8_t *stored, bool is_signed)
{
    uint8_t high = stored[1]; /* little-endian */
    return is_signed && high > 127 ? 0 : high;
}

/* The high 8 of the 12 bits. */
static uint8_t
grey_12(const uint8_t *row, size_t i)
{
    const uint8_t *pair = row + i / 2 * 3;
    return i % 2 ? (uint8_t)(pair[1] << 4 | pair[2] >> 4) : pair[0];
}

static uint8_t
grey_of(const struct fovea_tiff *tiff, unsigned bits, size_t n_samples,
        const uint8_t *stored, size_t i)
{
    bool is_signed = tiff->sample_format == SAMPLEFORMAT_INT;
    uint8_t level;
    if (bits == 12) {
        level = grey_12(stored, i);
    } else if (bits == 16) {
        level = grey_16(stored + i * n_samples * 2, is_signed);
    } else { /* a plane's high bytes */
        level = stored[i * n_samples];
        level = is_signed && level > 127 ? 0 : level;
    }
    bool inverted = tiff->photometric == PHOTOMETRIC_MINISWHITE;
    return inverted ? (uint8_t)(255 - level) : level;
}

static void
convert_grey(const struct fovea_tiff *tiff, unsigned bits, size_t n_samples,
        const uint8_t *stored, uint8_t *rgb)
{
    for (size_t i = 0; i < tiff->width_px; i++) {
        memset(rgb + 3 * i, grey_of(tiff, bits, n_samples, stored, i), 3);
    }
}

static void
divide_by_alpha(const uint8_t *rgba, uint8_t *rgb)
{
    unsigned alpha = rgba[3];
    for (size_t c = 0; c < 3; c++) {
        unsigned value = alpha ? rgba[c] * 255U / alpha : 0;
        rgb[c] = value > 255 ? 255 : (uint8_t)value;
    }
}

static uint8_t
times_255th(unsigned a, unsigned b)
{
    unsigned product = a * b + 128;
    return (uint8_t)((product + (product >> 8)) >> 8);
}

static void
convert_cmyk(const uint8_t *cmyk, uint8_t *rgb)
{
    unsigned light = 255U - cmyk[3];
    for (size_t c = 0; c < 3; c++) {
        rgb[c] = (uint8_t)(light - times_255th(cmyk[c], light));
    }
}

static void
convert_colours(const struct fovea_tiff *tiff, unsigned bits, size_t n_samples,
        const uint8_t *stored, uint8_t *rgb)
{
    size_t bytes = bits / 8;
    size_t high = bytes - 1; /* little-endian */
    size_t channels = n_samples < FOVEA_TIFF_MAX_CHANNELS
            ? n_samples
            : FOVEA_TIFF_MAX_CHANNELS;
    for (size_t i = 0; i < tiff->width_px; i++) {
        uint8_t pixel[FOVEA_TIFF_MAX_CHANNELS] = { 0 };
        for (size_t c = 0; c < channels; c++) {
            pixel[c] = stored[(i * n_samples + c) * bytes + high];
        }
        if (tiff->pixels == FOVEA_TIFF_RGB) {
            memcpy(rgb + 3 * i, pixel, 3);
        } else if (tiff->pixels == FOVEA_TIFF_CMYK) {
            convert_cmyk(pixel, rgb + 3 * i);
        } else if (tiff->pixels == FOVEA_TIFF_LAB) {
            fovea_tiff_convert_lab(tiff, pixel, rgb + 3 * i);
        } else {
            divide_by_alpha(pixel, rgb + 3 * i);
        }
    }
}

void
fovea_tiff_convert_row(const struct fovea_tiff *tiff, unsigned bits,
        size_t n_samples, const uint8_t *stored, uint8_t *rgb)
{
    switch (tiff->pixels) {
    case FOVEA_TIFF_INDEX:
        fovea_palette_expand(&tiff->palette, bits, n_samples, stored,
                tiff->width_px, rgb);
        break;
    case FOVEA_TIFF_GREY:
        convert_grey(tiff, bits, n_samples, stored, rgb);
        break;
    case FOVEA_TIFF_RGB:
    case FOVEA_TIFF_PREMULTIPLIED:
    case FOVEA_TIFF_CMYK:
    case FOVEA_TIFF_LAB:
        convert_colours(tiff, bits, n_samples, stored, rgb);
        break;
    case FOVEA_TIFF_VIA_RGBA:
        break;
    }
}
