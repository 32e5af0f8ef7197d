/* Writing PNG files: see image_png.h. */
#include "image_png.h"

#include <zlib.h>

#include "test.h"

static void
put(struct png_file *file, const void *data, size_t size)
{
    assert_true(size <= sizeof file->bytes - file->size);
    memcpy(file->bytes + file->size, data, size);
    file->size += size;
}

static void
put_u32(uint8_t *out, uint32_t value)
{
    for (size_t i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

void
png_chunk(struct png_file *file, const char *type, const void *data,
        size_t size)
{
    uint8_t word[4];
    put_u32(word, (uint32_t)size);
    put(file, word, 4);
    const uint8_t *start = file->bytes + file->size;
    put(file, type, 4);
    if (size > 0) {
        put(file, data, size);
    }
    put_u32(word, (uint32_t)crc32(0, start, (uInt)size + 4));
    put(file, word, 4);
}

void
png_begin(struct png_file *file, const struct png_header *header)
{
    uint8_t data[13] = { 0 };
    put_u32(data, header->width);
    put_u32(data + 4, header->height);
    data[8] = header->depth;
    data[9] = header->colour_type;
    data[12] = header->interlace;
    file->size = 0;
    put(file, "\x89PNG\r\n\x1a\n", 8);
    png_chunk(file, "IHDR", data, sizeof data);
}

void
png_rows(struct png_file *file, const void *rows, size_t size)
{
    uint8_t deflated[2048];
    uLongf n = sizeof deflated;
    assert_int_equal(compress(deflated, &n, rows, size), Z_OK);
    png_chunk(file, "IDAT", deflated, n);
}

void
png_end(struct png_file *file)
{
    png_chunk(file, "IEND", NULL, 0);
}
