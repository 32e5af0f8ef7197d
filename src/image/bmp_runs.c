/*
 * RLE8 and RLE4, as Pillow reads them. It counts pixels in one long line that
 * is cut into rows afterwards, reads n / 2 bytes (not rounded up) for an
 * absolute run of n 4-bit pixels, and aligns such runs to even places in the
 * file. Files that stay within what these agree on with the format's
 * description, which are nearly all, give the picture that was meant.
 */
#include <string.h>

#include "base/error.h"
#include "image/bmp.h"

enum {
    READ_SIZE = 4096
};

struct reader {
    const struct fovea_input *input;
    uint64_t offset; /* in the file, of the next byte to give out */
    size_t at;
    size_t n;
    uint8_t buffer[READ_SIZE];
};

/* The pixels that are there so far. */
struct canvas {
    uint8_t *indices;
    uint64_t size;   /* of the whole picture */
    uint64_t filled; /* may pass size: what lies beyond is dropped */
    uint64_t x;      /* in the row, as the runs count it */
    uint32_t width_px;
    bool nibbles; /* RLE4 */
};

static enum fovea_status
next_byte(struct reader *reader, uint8_t *byte_out, struct fovea_error *err)
{
    if (reader->at == reader->n) {
        enum fovea_status status = fovea_input_read(reader->input,
                reader->offset, reader->buffer, READ_SIZE, &reader->n, err);
        if (status) {
            return status;
        }
        reader->at = 0;
        if (reader->n == 0) {
            return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
                    "BMP: the file ends in its runs of pixels");
        }
    }
    *byte_out = reader->buffer[reader->at++];
    reader->offset++;
    return FOVEA_OK;
}

static void
put(struct canvas *canvas, uint8_t index)
{
    if (canvas->filled < canvas->size) {
        canvas->indices[canvas->filled] = index;
    }
    canvas->filled++;
}

static void
put_run(struct canvas *canvas, unsigned length, uint8_t value)
{
    uint64_t left =
            canvas->x < canvas->width_px ? canvas->width_px - canvas->x : 0;
    uint64_t n = length < left ? length : left;
    for (uint64_t i = 0; i < n; i++) {
        uint8_t nibble = i % 2 ? value & 15 : (uint8_t)(value >> 4);
        put(canvas, canvas->nibbles ? nibble : value);
    }
    canvas->x += n;
}

static enum fovea_status
put_absolute(struct reader *reader, struct canvas *canvas, unsigned length,
        struct fovea_error *err)
{
    unsigned n_bytes = canvas->nibbles ? length / 2 : length;
    uint8_t byte = 0;
    for (unsigned i = 0; i < n_bytes; i++) {
        enum fovea_status status = next_byte(reader, &byte, err);
        if (status) {
            return status;
        }
        if (canvas->nibbles) {
            put(canvas, (uint8_t)(byte >> 4));
            byte &= 15;
        }
        put(canvas, byte);
    }
    canvas->x += length;
    if (reader->offset % 2 == 0 || canvas->filled >= canvas->size) {
        return FOVEA_OK;
    }
    return next_byte(reader, &byte, err);
}

static enum fovea_status
skip_pixels(struct reader *reader, struct canvas *canvas,
        struct fovea_error *err)
{
    uint8_t right = 0;
    uint8_t up = 0;
    enum fovea_status status = next_byte(reader, &right, err);
    if (!status) {
        status = next_byte(reader, &up, err);
    }
    if (status) {
        return status;
    }
    canvas->filled += right + (uint64_t)up * canvas->width_px;
    canvas->x = canvas->filled % canvas->width_px;
    return FOVEA_OK;
}

static void
end_line(struct canvas *canvas)
{
    uint64_t over = canvas->filled % canvas->width_px;
    if (over) {
        canvas->filled += canvas->width_px - over;
    }
    canvas->x = 0;
}

enum fovea_status
fovea_bmp_read_runs(const struct fovea_input *input,
        const struct fovea_bmp *bmp, uint8_t *indices, struct fovea_error *err)
{
    enum {
        END_OF_LINE,
        END_OF_PICTURE,
        DELTA
    };
    struct reader reader = { .input = input, .offset = bmp->pixels_at };
    struct canvas canvas = {
        .indices = indices,
        .size = (uint64_t)bmp->width_px * bmp->height_px,
        .width_px = bmp->width_px,
        .nibbles = bmp->compression == FOVEA_BMP_RLE4,
    };
    while (canvas.filled < canvas.size) {
        uint8_t length = 0;
        uint8_t value = 0;
        enum fovea_status status = next_byte(&reader, &length, err);
        if (!status) {
            status = next_byte(&reader, &value, err);
        }
        if (status) {
            return status;
        }
        if (length > 0) {
            put_run(&canvas, length, value);
        } else if (value == END_OF_LINE) {
            end_line(&canvas);
        } else if (value == END_OF_PICTURE) {
            return FOVEA_OK;
        } else if (value == DELTA) {
            status = skip_pixels(&reader, &canvas, err);
        } else {
            status = put_absolute(&reader, &canvas, value, err);
        }
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}
