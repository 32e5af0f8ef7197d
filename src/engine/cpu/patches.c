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

/* Samples as elements of a row from a column on, which lie in pieces of lines where
   rows are blocked. */
static void
put(const struct patch_row *samples, const struct fovea_rows *out, size_t row,
        size_t column)
{
    const size_t line = fovea_rows_line_width(out);
    const bool is_dense = out->line_stride == FOVEA_LINE_BYTES;
    for (size_t i = 0; i < samples->length;) {
        const size_t here = line - (column + i) % line;
        const size_t left = samples->length - i;
        const struct patch_row piece = { samples->pixels + 3 * i,
            samples->table, is_dense || left < here ? left : here };
        void *to = fovea_rows_at(out, row, column + i);
        if (out->element == FOVEA_ELEMENT_BF16) {
            patch_row_bf16(&piece, to);
        } else {
            patch_row_f32(&piece, to);
        }
        i += piece.length;
    }
}

static void
cut_patch(const uint8_t *pixels, size_t image, size_t patch,
        const struct fovea_pixel_table *table, const struct fovea_rows *out,
        size_t row)
{
    size_t at = 0;
    for (size_t channel = 0; channel < 3; channel++) {
        for (size_t y = 0; y < patch; y++, at += patch) {
            const struct patch_row samples = { pixels + 3 * y * image + channel,
                table->value[channel], patch };
            put(&samples, out, row, at);
        }
    }
}

void
fovea_pixels_cut(const struct fovea_pixel_table *table, const uint8_t *pixels,
        size_t side, size_t patch, const struct fovea_rows *out)
{
    const size_t n_side = side / patch;
    for (size_t y = 0; y < n_side; y++) {
        for (size_t x = 0; x < n_side; x++) {
            cut_patch(pixels + 3 * patch * (y * side + x), side, patch, table,
                    out, y * n_side + x);
        }
    }
}
