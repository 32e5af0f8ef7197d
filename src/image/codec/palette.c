/* See palette.h. */
#include "image/codec/palette.h"

#include <string.h>

void
fovea_palette_set_grey(struct fovea_palette *palette, unsigned bits,
        bool white_is_zero)
{
    memset(palette, 0, sizeof *palette);
    unsigned last = (1U << bits) - 1;
    for (unsigned i = 0; i <= last; i++) {
        unsigned level = (white_is_zero ? last - i : i) * 255 / last;
        memset(palette->rgb[i], (int)level, 3);
    }
}

void
fovea_palette_expand(const struct fovea_palette *palette, unsigned bits,
        size_t stride, const uint8_t *samples, size_t n, uint8_t *rgb)
{
    if (bits == 8) {
        for (size_t i = 0; i < n; i++) {
            memcpy(rgb + 3 * i, palette->rgb[samples[i * stride]], 3);
        }
        return;
    }
    unsigned mask = (1U << bits) - 1;
    for (size_t i = 0; i < n; i++) {
        size_t at = i * bits;
        unsigned index = samples[at / 8] >> (8 - bits - at % 8) & mask;
        memcpy(rgb + 3 * i, palette->rgb[index], 3);
    }
}
