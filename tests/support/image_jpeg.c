/* Writing JPEG files: see image_jpeg.h. */
#include "image_jpeg.h"

#include <stdio.h>

#include <jpeglib.h>

#include "test.h"

static const jpeg_scan_info planes[] = {
    { 1, { 0 }, 0, DCTSIZE2 - 1, 0, 0 },
    { 1, { 1 }, 0, DCTSIZE2 - 1, 0, 0 },
    { 1, { 2 }, 0, DCTSIZE2 - 1, 0, 0 },
    { 1, { 3 }, 0, DCTSIZE2 - 1, 0, 0 },
};

static void
set_up(struct jpeg_compress_struct *jpeg, const struct jpeg_wish *wish)
{
    static const J_COLOR_SPACE
            spaces[5] = { [1] = JCS_GRAYSCALE, [3] = JCS_RGB, [4] = JCS_CMYK };
    jpeg->image_width = wish->width;
    jpeg->image_height = wish->height;
    jpeg->input_components = wish->n_components;
    jpeg->in_color_space = spaces[wish->n_components];
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, 100, TRUE);
    jpeg->restart_in_rows = (int)wish->restart_rows;
    if (wish->progressive) {
        jpeg_simple_progression(jpeg);
    }
    if (wish->planes) {
        jpeg->scan_info = planes;
        jpeg->num_scans = wish->n_components;
    }
}

void
jpeg_write(struct jpeg_file *file, const struct jpeg_wish *wish,
        const uint8_t *value, bool slope)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *memory = NULL;
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &memory, &size);
    set_up(&jpeg, wish);
    jpeg_start_compress(&jpeg, TRUE);
    size_t n = (size_t)wish->n_components;
    uint8_t *row = malloc(wish->width * n);
    assert_non_null(row);
    for (unsigned y = 0; y < wish->height; y++) {
        for (size_t i = 0; i < wish->width * n; i++) {
            size_t add = slope ? (i / n) * 5 + (size_t)y * 3 : 0;
            row[i] = (uint8_t)(value[i % n] + add);
        }
        assert_int_equal(jpeg_write_scanlines(&jpeg, &row, 1), 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(row);
    file->bytes = memory;
    file->size = size;
}

void
jpeg_finish(struct jpeg_file *file)
{
    free(file->bytes);
    file->bytes = NULL;
}

size_t
jpeg_find(const struct jpeg_file *file, uint8_t marker, size_t n)
{
    for (size_t at = 0; at + 1 < file->size; at++) {
        if (file->bytes[at] == 0xff && file->bytes[at + 1] == marker &&
                n-- == 0) {
            return at;
        }
    }
    fail_msg("no marker %x", marker);
    return 0;
}

void
jpeg_insert(struct jpeg_file *file, size_t at, const void *bytes, size_t size)
{
    uint8_t *more = realloc(file->bytes, file->size + size);
    assert_non_null(more);
    memmove(more + at + size, more + at, file->size - at);
    memcpy(more + at, bytes, size);
    file->bytes = more;
    file->size += size;
}
