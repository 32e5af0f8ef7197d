/*
 * PBM, PGM and PPM, as text and as bytes: P1 to P6. Rows stream.
 *
 * A sample becomes sample / maxval * 255, rounded to even, as Pillow does it
 * for colours; of grey it gives more than 8 bits, which nobody sees but as
 * white. A comment is what netpbm takes for one: from # to the end of the line,
 * wherever a number or a blank may stand, and worth a blank.
 *
 * Of several pictures in a file the first counts.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "image/codec/codec.h"
#include "image/codec/palette.h"
#include "image/codec/pnm.h"

enum {
    WINDOW_BYTES = 64 << 10,
    MAX_MAXVAL = 65535,
    N_LEVELS = MAX_MAXVAL + 1,
    END = -1 /* in place of a byte: there is none */
};

struct decoder {
    const struct fovea_input *input;
    struct fovea_error *err;
    enum fovea_status status; /* of reading: FOVEA_OK at the file's end too */

    bool is_text;
    bool is_bits;
    unsigned n_channels;
    uint32_t maxval;
    uint32_t width_px;
    uint32_t height_px;

    uint16_t *samples; /* [width_px][n_channels] */
    uint8_t *rgb;      /* [width_px][3] */

    int last;                /* byte that was read one by one */
    unsigned n_windows_ends; /* of lines among them: \r\n */
    uint64_t offset;         /* of the window's end in the input */
    size_t at;               /* in the window */
    size_t n;
    uint8_t window[WINDOW_BYTES];
    uint8_t levels[N_LEVELS]; /* what becomes of a sample */
};

static bool
refill(struct decoder *decoder)
{
    decoder->at = 0;
    decoder->n = 0;
    if (!decoder->status) {
        decoder->status = fovea_input_read(decoder->input, decoder->offset,
                decoder->window, WINDOW_BYTES, &decoder->n, decoder->err);
    }
    decoder->offset += decoder->n;
    return decoder->n > 0;
}

static int
next_byte(struct decoder *decoder)
{
    if (decoder->at == decoder->n && !refill(decoder)) {
        return END;
    }
    int byte = decoder->window[decoder->at++];
    decoder->n_windows_ends += byte == '\n' && decoder->last == '\r';
    decoder->last = byte;
    return byte;
}

static bool
is_line_end(int byte)
{
    return byte == '\n' || byte == '\r';
}

/* With a comment as its line's end. */
static int
next_character(struct decoder *decoder)
{
    int byte = next_byte(decoder);
    if (byte == '#') {
        do {
            byte = next_byte(decoder);
        } while (byte != END && !is_line_end(byte));
    }
    return byte;
}

static bool
is_blank(int byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static int
skip_blanks(struct decoder *decoder)
{
    int byte;
    do {
        byte = next_character(decoder);
    } while (is_blank(byte));
    return byte;
}

static enum fovea_status
fail_cut(struct decoder *decoder, const char *where)
{
    if (decoder->status) {
        return decoder->status;
    }
    return fovea_fail(decoder->err, FOVEA_ERR_IMAGE_TRUNCATED,
            "PNM: the file ends %s", where);
}

static enum fovea_status
fail_byte(struct decoder *decoder, int byte, const char *where)
{
    return fovea_fail(decoder->err, FOVEA_ERR_IMAGE_CORRUPT,
            "PNM: a byte of 0x%02x where %s is expected", (unsigned)byte,
            where);
}

/**
 * Read a number and the one blank behind it.
 *
 * @param number_out  UINT32_MAX if it is larger.
 * @param ended_out   Whether the file ended in place of the blank: some digits
 *                    may be missing.
 */
static enum fovea_status
read_number(struct decoder *decoder, const char *what, uint32_t *number_out,
        bool *ended_out)
{
    int byte = skip_blanks(decoder);
    uint64_t number = 0;
    if (byte == END) {
        return fail_cut(decoder, "before its pixels do");
    }
    if (byte < '0' || byte > '9') {
        return fail_byte(decoder, byte, what);
    }
    while (byte >= '0' && byte <= '9') {
        number = number * 10 + (uint64_t)(byte - '0');
        number = number < UINT32_MAX ? number : UINT32_MAX;
        byte = next_character(decoder);
    }
    if (byte != END && !is_blank(byte)) {
        return fail_byte(decoder, byte, "a blank");
    }
    *number_out = (uint32_t)number;
    *ended_out = byte == END;
    return decoder->status;
}

static enum fovea_status
read_header(struct decoder *decoder)
{
    bool ended = false;
    uint32_t maxval = 1;
    (void)next_byte(decoder); /* P */
    int kind = next_byte(decoder);
    decoder->is_text = kind < '4';
    decoder->is_bits = kind == '1' || kind == '4';
    decoder->n_channels = kind == '3' || kind == '6' ? 3 : 1;
    enum fovea_status status =
            read_number(decoder, "the width", &decoder->width_px, &ended);
    if (!status) {
        status =
                read_number(decoder, "the height", &decoder->height_px, &ended);
    }
    if (!status && !decoder->is_bits) {
        status = read_number(decoder, "the largest value", &maxval, &ended);
    }
    if (!status && ended) {
        return fail_cut(decoder, "in its header");
    }
    if (!status && (maxval == 0 || maxval > MAX_MAXVAL)) {
        return fovea_fail(decoder->err, FOVEA_ERR_IMAGE_CORRUPT,
                "PNM: a largest value of %" PRIu32 ", which is not 1 to %d",
                maxval, MAX_MAXVAL);
    }
    decoder->maxval = maxval;
    return status;
}

/* As Pillow has it: in double precision, halves to even. What is beyond the
   largest value, which bytes may say, is as large as it gets. */
static void
set_levels(struct decoder *decoder)
{
    uint32_t n = decoder->maxval > UINT8_MAX ? N_LEVELS : UINT8_MAX + 1;
    for (uint32_t i = 0; i < n; i++) {
        double level = nearbyint((double)i / decoder->maxval * 255);
        decoder->levels[i] = level < 255 ? (uint8_t)level : 255;
    }
}

static enum fovea_status
allocate(struct decoder *decoder)
{
    size_t n = (size_t)decoder->width_px * decoder->n_channels;
    decoder->samples = malloc(n * sizeof *decoder->samples);
    decoder->rgb = malloc(3 * (size_t)decoder->width_px);
    return decoder->samples && decoder->rgb
            ? FOVEA_OK
            : fovea_fail_memory(decoder->err, 5 * n, "a row of a PNM");
}

/* Bits as text need no blanks between them. 1 is black. */
static enum fovea_status
read_text_bits(struct decoder *decoder)
{
    for (uint32_t x = 0; x < decoder->width_px; x++) {
        int byte = skip_blanks(decoder);
        if (byte == END) {
            return fail_cut(decoder, "before its pixels do");
        }
        if (byte != '0' && byte != '1') {
            return fail_byte(decoder, byte, "0 or 1");
        }
        memset(decoder->rgb + 3 * (size_t)x, byte == '1' ? 0 : 255, 3);
    }
    return FOVEA_OK;
}

static enum fovea_status
read_text_samples(struct decoder *decoder, bool is_last_row)
{
    size_t n = (size_t)decoder->width_px * decoder->n_channels;
    for (size_t i = 0; i < n; i++) {
        uint32_t number = 0;
        bool ended = false;
        enum fovea_status status =
                read_number(decoder, "a number", &number, &ended);
        if (status) {
            return status;
        }
        if (ended && !(is_last_row && i == n - 1)) {
            return fail_cut(decoder, "before its pixels do");
        }
        if (number > decoder->maxval) {
            return fovea_fail(decoder->err, FOVEA_ERR_IMAGE_CORRUPT,
                    "PNM: a sample of %" PRIu32
                    " is beyond the largest value, %" PRIu32,
                    number, decoder->maxval);
        }
        decoder->samples[i] = (uint16_t)number;
    }
    return FOVEA_OK;
}

static enum fovea_status
read_bytes(struct decoder *decoder, uint8_t *bytes, size_t size)
{
    while (size > 0) {
        if (decoder->at == decoder->n && !refill(decoder)) {
            return fail_cut(decoder, "before its pixels do");
        }
        size_t here = decoder->n - decoder->at;
        size_t n = size < here ? size : here;
        memcpy(bytes, decoder->window + decoder->at, n);
        decoder->at += n;
        bytes += n;
        size -= n;
    }
    return FOVEA_OK;
}

static enum fovea_status
read_bits(struct decoder *decoder, const struct fovea_palette *palette)
{
    uint8_t *packed = (uint8_t *)decoder->samples;
    enum fovea_status status =
            read_bytes(decoder, packed, ((size_t)decoder->width_px + 7) / 8);
    if (!status) {
        fovea_palette_expand(palette, 1, 1, packed, decoder->width_px,
                decoder->rgb);
    }
    return status;
}

/* One byte a sample, or two, the high one first. In place: from the end, as a
   sample takes at least as much room as its bytes. */
static enum fovea_status
read_samples(struct decoder *decoder)
{
    size_t n = (size_t)decoder->width_px * decoder->n_channels;
    size_t size = decoder->maxval > UINT8_MAX ? 2 : 1;
    uint8_t *bytes = (uint8_t *)decoder->samples;
    enum fovea_status status = read_bytes(decoder, bytes, n * size);
    for (size_t i = n; !status && i-- > 0;) {
        decoder->samples[i] = size == 1
                ? bytes[i]
                : (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
    }
    return status;
}

static void
convert_samples(struct decoder *decoder)
{
    const uint16_t *samples = decoder->samples;
    const uint8_t *levels = decoder->levels;
    size_t n = 3 * (size_t)decoder->width_px;
    if (decoder->n_channels == 3) {
        for (size_t i = 0; i < n; i++) {
            decoder->rgb[i] = levels[samples[i]];
        }
        return;
    }
    for (size_t x = 0; x < decoder->width_px; x++) {
        memset(decoder->rgb + 3 * x, levels[samples[x]], 3);
    }
}

static enum fovea_status
push_rows(struct decoder *decoder, const struct fovea_row_sink *sink)
{
    struct fovea_palette palette;
    fovea_palette_set_grey(&palette, 1, true);
    for (uint32_t y = 0; y < decoder->height_px; y++) {
        bool is_last = y == decoder->height_px - 1;
        enum fovea_status status;
        if (decoder->is_bits) {
            status = decoder->is_text ? read_text_bits(decoder)
                                      : read_bits(decoder, &palette);
        } else {
            status = decoder->is_text ? read_text_samples(decoder, is_last)
                                      : read_samples(decoder);
            if (!status) {
                convert_samples(decoder);
            }
        }
        if (!status) {
            status = sink->row(sink->context, decoder->rgb, decoder->err);
        }
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

/* Bytes of all rows. */
static uint64_t
raster_size(const struct decoder *decoder)
{
    uint64_t n = fovea_product_bytes(decoder->width_px, decoder->n_channels);
    if (decoder->is_bits) {
        n = (n + 7) / 8;
    } else if (decoder->maxval > UINT8_MAX) {
        n *= 2;
    }
    return fovea_product_bytes(n, decoder->height_px);
}

/* A blank ends the header. What was converted has two bytes there, of which the
   second would be taken for a pixel. */
enum fovea_status
fovea_pnm_stated_size(const struct fovea_input *input, uint64_t *size_out,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE struct decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder) {
        return fovea_fail_memory(err, sizeof *decoder, "the PNM decoder");
    }
    decoder->input = input;
    decoder->err = err;
    bool is_good = !read_header(decoder) && !decoder->is_text;
    *size_out = input->size;
    if (is_good && decoder->last == '\r' && next_byte(decoder) == '\n') {
        uint64_t at = decoder->offset - decoder->n + decoder->at;
        *size_out = fovea_sum_bytes(at - decoder->n_windows_ends,
                raster_size(decoder));
    }
    if (!decoder->status) {
        fovea_error_clear(err);
    }
    return decoder->status;
}

enum fovea_status
fovea_decode_pnm(struct fovea_input *input, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    /* On the heap: the window does not belong on a stack. */
    FOVEA_AUTO_FREE struct decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder) {
        return fovea_fail_memory(err, sizeof *decoder, "the PNM decoder");
    }
    decoder->input = input;
    decoder->err = err;
    enum fovea_status status = read_header(decoder);
    if (status) {
        return status;
    }
    struct fovea_image_info info = {
        .format = FOVEA_FORMAT_PNM,
        .width_px = decoder->width_px,
        .height_px = decoder->height_px,
        .orientation = 1,
    };
    status = fovea_decode_begin(&info, limits, sink, err);
    if (!status) {
        set_levels(decoder);
        status = allocate(decoder);
    }
    if (!status) {
        status = push_rows(decoder, sink);
    }
    free(decoder->samples);
    free(decoder->rgb);
    return status;
}
