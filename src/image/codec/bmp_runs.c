/*
 * RLE8 and RLE4: runs of one index (of two in turn for RLE4), stretches of
 * indices as they are, and steps to the end of the row, to the end of the
 * picture or by so much to the right and up. What no run covers has index 0.
 *
 * A run stops at the end of its row, as in Pillow. Steps to the right and up,
 * and RLE4 stretches of odd length, are read as the format has them: Pillow 9.4
 * loses its place at either.
 */
#include "base/error.h"
#include "image/codec/bmp.h"

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

/* The pixels and the place in them. */
struct canvas {
    uint8_t *indices;
    uint64_t size;      /* of the whole picture; what lies beyond is dropped */
    uint64_t row_start; /* index of the first pixel of the row */
    uint64_t x;         /* in the row */
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
    uint64_t at = canvas->row_start + canvas->x;
    if (at < canvas->size) {
        canvas->indices[at] = index;
    }
    canvas->x++;
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
}

/* Stretches are padded to an even number of bytes. */
static enum fovea_status
put_stretch(struct reader *reader, struct canvas *canvas, unsigned length,
        struct fovea_error *err)
{
    unsigned n_bytes = canvas->nibbles ? (length + 1) / 2 : length;
    uint8_t byte = 0;
    for (unsigned i = 0; i < length; i++) {
        bool low = canvas->nibbles && i % 2;
        enum fovea_status status =
                low ? FOVEA_OK : next_byte(reader, &byte, err);
        if (status) {
            return status;
        }
        if (canvas->nibbles) {
            put(canvas, low ? byte & 15 : (uint8_t)(byte >> 4));
        } else {
            put(canvas, byte);
        }
    }
    bool full = canvas->row_start + canvas->x >= canvas->size;
    return n_bytes % 2 && !full ? next_byte(reader, &byte, err) : FOVEA_OK;
}

static enum fovea_status
step(struct reader *reader, struct canvas *canvas, struct fovea_error *err)
{
    uint8_t right = 0;
    uint8_t up = 0;
    enum fovea_status status = next_byte(reader, &right, err);
    if (!status) {
        status = next_byte(reader, &up, err);
    }
    if (!status) {
        canvas->x += right;
        canvas->row_start += (uint64_t)up * canvas->width_px;
    }
    return status;
}

static enum fovea_status
read_runs(struct reader *reader, struct canvas *canvas, struct fovea_error *err)
{
    enum {
        END_OF_ROW,
        END_OF_PICTURE,
        STEP
    };
    while (canvas->row_start + canvas->x < canvas->size) {
        uint8_t length = 0;
        uint8_t value = 0;
        enum fovea_status status = next_byte(reader, &length, err);
        if (!status) {
            status = next_byte(reader, &value, err);
        }
        if (status) {
            return status;
        }
        if (length > 0) {
            put_run(canvas, length, value);
        } else if (value == END_OF_ROW) {
            canvas->row_start += canvas->width_px;
            canvas->x = 0;
        } else if (value == END_OF_PICTURE) {
            return FOVEA_OK;
        } else if (value == STEP) {
            status = step(reader, canvas, err);
        } else {
            status = put_stretch(reader, canvas, value, err);
        }
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_bmp_read_runs(const struct fovea_input *input,
        const struct fovea_bmp *bmp, uint8_t *indices, uint32_t *n_good_out,
        struct fovea_error *err)
{
    struct reader reader = { .input = input, .offset = bmp->pixels_at };
    struct canvas canvas = {
        .indices = indices,
        .size = (uint64_t)bmp->width_px * bmp->height_px,
        .width_px = bmp->width_px,
        .nibbles = bmp->compression == FOVEA_BMP_RLE4,
    };
    enum fovea_status status = read_runs(&reader, &canvas, err);
    uint64_t n_rows = canvas.row_start / bmp->width_px;
    *n_good_out = status && n_rows < bmp->height_px ? (uint32_t)n_rows
                                                    : bmp->height_px;
    return status;
}
