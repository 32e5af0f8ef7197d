/* See patches.h. This file alone is compiled with contraction to fused
   multiply-add. */
#include "engine/cpu/patches.h"

#include "engine/cpu/bf16.h"

void
fovea_pixel_table_init(struct fovea_pixel_table *table,
        const struct fovea_preprocess *settings)
{
    for (int channel = 0; channel < 3; channel++) {
        for (int sample = 0; sample < 256; sample++) {
            float scaled = (float)sample * settings->rescale;
            table->value[channel][sample] =
                    (scaled - settings->mean[channel]) / settings->std[channel];
        }
    }
}

/* Which samples of an image one row of one patch is made of. */
struct patch_row {
    const uint8_t *pixels; /* first sample of the channel */
    const float *table;
    size_t length;
};

static inline __attribute__((always_inline)) void
patch_row_f32(const struct patch_row *row, float *out)
{
    for (size_t i = 0; i < row->length; i++) {
        out[i] = row->table[row->pixels[3 * i]];
    }
}

static inline __attribute__((always_inline)) void
patch_row_bf16(const struct patch_row *row, uint16_t *out)
{
    for (size_t i = 0; i < row->length; i++) {
        out[i] = fovea_to_bf16(row->table[row->pixels[3 * i]]);
    }
}

static void
cut_patch(const uint8_t *pixels, size_t image, size_t patch,
        const struct fovea_pixel_table *table, enum fovea_element element,
        void *out)
{
    size_t at = 0;
    for (size_t channel = 0; channel < 3; channel++) {
        for (size_t y = 0; y < patch; y++, at += patch) {
            struct patch_row row = { pixels + 3 * y * image + channel,
                table->value[channel], patch };
            if (element == FOVEA_ELEMENT_BF16) {
                patch_row_bf16(&row, (uint16_t *)out + at);
            } else {
                patch_row_f32(&row, (float *)out + at);
            }
        }
    }
}

void
fovea_pixels_cut(const struct fovea_pixel_table *table, const uint8_t *pixels,
        size_t side, size_t patch, enum fovea_element element, void *out)
{
    size_t n_side = side / patch;
    size_t row_size = 3 * patch * patch * fovea_element_size(element);
    uint8_t *row = out;
    for (size_t y = 0; y < n_side; y++) {
        for (size_t x = 0; x < n_side; x++, row += row_size) {
            cut_patch(pixels + 3 * patch * (y * side + x), side, patch, table,
                    element, row);
        }
    }
}
