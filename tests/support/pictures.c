/* See pictures.h. */
#include "pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#include "test.h"

/* Bands and bars. */
void
picture_row(uint32_t width, uint32_t y, uint8_t *rgb)
{
    for (size_t x = 0; x < width; x++) {
        rgb[3 * x] = (uint8_t)(x / 64 * 16);
        rgb[3 * x + 1] = (uint8_t)(y / 64 * 16);
        rgb[3 * x + 2] = (uint8_t)((x / 128 + y / 128) % 2 * 200);
    }
}

static void
append(png_structp png, png_bytep bytes, size_t size)
{
    struct picture *picture = png_get_io_ptr(png);
    picture->bytes = realloc(picture->bytes, picture->size + size);
    assert_non_null(picture->bytes);
    memcpy(picture->bytes + picture->size, bytes, size);
    picture->size += size;
}

static void
flush(png_structp png)
{
    (void)png;
}

struct picture
picture_png(uint32_t width, uint32_t height, bool interlaced)
{
    struct picture picture = { NULL, 0 };
    png_structp png =
            png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    uint8_t *row = malloc((size_t)width * 3);
    assert_true(png && info && row);
    png_set_write_fn(png, &picture, append, flush);
    png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB,
            interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
            PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png, 1);
    png_set_filter(png, 0, PNG_FILTER_UP);
    png_write_info(png, info);
    int n_passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < n_passes; pass++) {
        for (uint32_t y = 0; y < height; y++) {
            picture_row(width, y, row);
            png_write_row(png, row);
        }
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    free(row);
    return picture;
}

struct picture
picture_jpeg(uint32_t width, uint32_t height, bool progressive, bool sampled)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct picture picture = { NULL, 0 };
    unsigned long size = 0;
    uint8_t *row = malloc((size_t)width * 3);
    assert_non_null(row);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &picture.bytes, &size);
    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 50, TRUE);
    if (!sampled) {
        jpeg.comp_info[0].h_samp_factor = 1;
        jpeg.comp_info[0].v_samp_factor = 1;
    }
    if (progressive) {
        jpeg_simple_progression(&jpeg);
    }
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < height) {
        picture_row(width, jpeg.next_scanline, row);
        (void)jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(row);
    picture.size = size;
    return picture;
}
