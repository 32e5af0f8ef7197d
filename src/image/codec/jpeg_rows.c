/*
 * See jpeg_rows.h.
 *
 * libjpeg-turbo leaves out columns by whole units. At the edges of what is left
 * its smooth upsampling of chroma takes the last sample twice, where the picture
 * has another one: a column beside the edge would differ. So more columns are
 * decoded than are wanted, by far more than the one sample of chroma that it
 * looks at. What is beside the window is never looked at by anybody.
 *
 * The same holds for rows, whose entropy code must be gone through all the same: it
 * is where damage is found.
 */
#include "image/codec/jpeg_rows.h"

#include <string.h>

enum {
    MARGIN_PX = 32,
    /* Less than this is not worth the work of leaving it out. */
    LEAST_GAIN_PX = 64,
    LEAST_ROWS = 64
};

/* a * b / 255, rounded. */
static uint8_t
scale_255(unsigned a, unsigned b)
{
    unsigned product = a * b + 128;
    return (uint8_t)((product + (product >> 8)) >> 8);
}

/* The samples are inverted: 255 is no ink. */
static void
cmyk_to_rgb(const uint8_t *cmyk, size_t n, uint8_t *rgb)
{
    for (size_t i = 0; i < n; i++) {
        unsigned light = cmyk[4 * i + 3];
        for (size_t c = 0; c < 3; c++) {
            unsigned ink = 255U - cmyk[4 * i + c];
            rgb[3 * i + c] = (uint8_t)(light - scale_255(ink, light));
        }
    }
}

static void
grey_to_rgb(const uint8_t *grey, size_t n, uint8_t *rgb)
{
    for (size_t i = 0; i < n; i++) {
        memset(rgb + 3 * i, grey[i], 3);
    }
}

/* Leaves out what it can of the columns; gives the first that is decoded. */
static JDIMENSION
crop(struct jpeg_decompress_struct *jpeg, const struct fovea_window *window)
{
    JDIMENSION first =
            window->x_begin > MARGIN_PX ? window->x_begin - MARGIN_PX : 0;
    JDIMENSION right = jpeg->output_width - window->x_end;
    right = right > MARGIN_PX ? right - MARGIN_PX : 0;
    if (first + right < LEAST_GAIN_PX) {
        return 0;
    }
    JDIMENSION width = jpeg->output_width - first - right;
    jpeg_crop_scanline(jpeg, &first, &width);
    return first;
}

void
fovea_jpeg_rows_begin(struct jpeg_decompress_struct *jpeg,
        const struct fovea_window *window, bool may_crop,
        struct fovea_jpeg_rows *rows_out)
{
    j_common_ptr common = (j_common_ptr)jpeg;
    JDIMENSION width = jpeg->output_width;
    JDIMENSION size = width * (JDIMENSION)jpeg->output_components;
    struct fovea_jpeg_rows rows = { .width = width };
    rows.stored = jpeg->mem->alloc_sarray(common, JPOOL_IMAGE, size, 1);
    memset(rows.stored[0], 0, size);
    rows.rgb = rows.stored;
    if (jpeg->output_components != 3) {
        rows.rgb = jpeg->mem->alloc_sarray(common, JPOOL_IMAGE, width * 3, 1);
        memset(rows.rgb[0], 0, (size_t)width * 3);
    }
    rows.offset = may_crop ? crop(jpeg, window) : 0;
    rows.bottom = jpeg->output_height;
    *rows_out = rows;
}

bool
fovea_jpeg_rows_skip(const struct jpeg_decompress_struct *jpeg,
        const struct fovea_window *window, struct fovea_jpeg_rows *rows)
{
    JDIMENSION height = jpeg->output_height;
    if (window->y_begin >= MARGIN_PX + LEAST_ROWS) {
        rows->top = window->y_begin - MARGIN_PX;
    }
    /* The last row is read: libjpeg does not even look at data that end in rows
       which are left out. */
    if (height - window->y_end >= MARGIN_PX + LEAST_ROWS + 1) {
        rows->bottom = window->y_end + MARGIN_PX;
    }
    return rows->top > 0 || rows->bottom < height;
}

const uint8_t *
fovea_jpeg_rows_read(struct jpeg_decompress_struct *jpeg,
        const struct fovea_jpeg_rows *rows)
{
    if (jpeg->output_scanline < rows->top) {
        (void)jpeg_skip_scanlines(jpeg, rows->top - jpeg->output_scanline);
    } else if (jpeg->output_scanline >= rows->bottom &&
            jpeg->output_scanline + 1 < jpeg->output_height) {
        (void)jpeg_skip_scanlines(jpeg,
                jpeg->output_height - 1 - jpeg->output_scanline);
    }
    size_t n_components = (size_t)jpeg->output_components;
    JSAMPROW stored = rows->stored[0] + rows->offset * n_components;
    (void)jpeg_read_scanlines(jpeg, &stored, 1);
    uint8_t *rgb = rows->rgb[0] + (size_t)rows->offset * 3;
    if (n_components == 1) {
        grey_to_rgb(stored, jpeg->output_width, rgb);
    } else if (n_components == 4) {
        cmyk_to_rgb(stored, jpeg->output_width, rgb);
    }
    return rows->rgb[0];
}
