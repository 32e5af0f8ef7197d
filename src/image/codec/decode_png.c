/*
 * PNG, on libpng.
 *
 * As in decode_jpeg.c, setjmp is what the library's errors ask for; it is kept
 * to one leaf function, guarded(), and everything that outlives a jump is in
 * struct decoder, which fovea_decode_png() frees on every way out.
 *
 * libpng gives samples as they are stored, without alpha and with the high byte
 * of 16-bit ones; what they mean is decided here, as Pillow 9.4 does it:
 * transparency is dropped, and an index beyond the palette is a grey of its own
 * value. All chunks but IHDR, PLTE and IDAT are stepped over, whatever their
 * checksums are; those of the three are looked at before (png_check.h), because
 * what libpng says of an IDAT comes when its pixels are long gone.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include <png.h>

#include "base/error.h"
#include "base/size.h"
#include "image/codec/codec.h"
#include "image/codec/palette.h"
#include "image/codec/png_check.h"
#include "image/codec/png_exif.h"
#include "option/limits.h"

enum {
    WINDOW_BYTES = 64 << 10,
    MAX_CHUNK_BYTES = 1 << 20, /* of a chunk that libpng holds in memory */
    /* Of the file, read for the last row beyond its own size. With that row
       libpng inflates all that is left of the data and throws it away: a
       thousand bytes for each one in the file. */
    MAX_EXCESS_BYTES = 1 << 20
};

struct decoder {
    png_structp png;
    png_infop info;
    jmp_buf escape;

    const struct fovea_input *input;
    const struct fovea_limits *limits;
    const struct fovea_row_sink *sink;
    struct fovea_error *err;
    enum fovea_status status; /* of what made us escape */
    struct fovea_exif exif;
    struct fovea_png_check check;

    uint32_t width;
    uint32_t height;
    int depth;
    int colour_type;
    size_t stride;
    uint8_t *rows; /* one, or all of an interlaced picture */
    uint8_t *rgb;
    struct fovea_palette palette; /* of indices, and of greys */

    uint64_t offset; /* of the window's end in the input */
    size_t at;       /* in the window */
    size_t n;
    bool ended;      /* more was asked for than there is */
    bool is_checked; /* data that cannot be believed are not read */
    bool last_row;
    size_t n_last;        /* bytes read for it */
    uint32_t n_good_rows; /* of an interlaced picture: they are whole */
    uint8_t window[WINDOW_BYTES];
};

static _Noreturn void
escape(struct decoder *decoder, enum fovea_status status)
{
    decoder->status = status;
    longjmp(decoder->escape, 1);
}

static enum fovea_status
status_of_message(const char *message)
{
    if (strstr(message, "Not enough image data")) {
        return FOVEA_ERR_IMAGE_TRUNCATED;
    }
    if (strstr(message, "memory")) {
        return FOVEA_ERR_NO_MEMORY;
    }
    return FOVEA_ERR_IMAGE_CORRUPT;
}

static _Noreturn void
on_error(png_structp png, png_const_charp message)
{
    struct decoder *decoder = png_get_error_ptr(png);
    escape(decoder,
            fovea_fail(decoder->err, status_of_message(message), "PNG: %s",
                    message));
}

static void
on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

/* Data that cannot be believed begin within the bytes that are asked for. */
static bool
is_beyond(const struct decoder *decoder, size_t size)
{
    uint64_t at = decoder->offset - decoder->n + decoder->at;
    return decoder->is_checked && decoder->check.bad_at != FOVEA_PNG_SOUND &&
            at + size > decoder->check.bad_at;
}

static void
refill(struct decoder *decoder)
{
    decoder->at = 0;
    enum fovea_status status = fovea_input_read(decoder->input, decoder->offset,
            decoder->window, WINDOW_BYTES, &decoder->n, decoder->err);
    decoder->offset += decoder->n;
    decoder->ended = decoder->ended || decoder->n == 0;
    if (!status && decoder->n == 0) {
        status = fovea_fail(decoder->err, FOVEA_ERR_IMAGE_TRUNCATED,
                "PNG: the data ends before the last pixel");
    }
    if (status) {
        escape(decoder, status);
    }
}

static void
read_bytes(png_structp png, png_bytep out, size_t size)
{
    struct decoder *decoder = png_get_io_ptr(png);
    if (is_beyond(decoder, size)) {
        escape(decoder,
                fovea_fail(decoder->err, FOVEA_ERR_IMAGE_CORRUPT,
                        "PNG: the checksum of pixels is wrong"));
    }
    if (decoder->last_row) {
        decoder->n_last += size;
        if (decoder->n_last > decoder->stride + MAX_EXCESS_BYTES) {
            escape(decoder,
                    fovea_fail(decoder->err, FOVEA_ERR_IMAGE_CORRUPT,
                            "PNG: much data behind the last pixel"));
        }
    }
    while (size > 0) {
        if (decoder->at == decoder->n) {
            refill(decoder);
        }
        size_t here = decoder->n - decoder->at;
        size_t n = size < here ? size : here;
        memcpy(out, decoder->window + decoder->at, n);
        decoder->at += n;
        out += n;
        size -= n;
    }
}

static enum fovea_status
create(struct decoder *decoder)
{
    decoder->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, decoder,
            on_error, on_warning);
    if (!decoder->png) {
        return fovea_fail_memory(decoder->err, sizeof(png_structp),
                "the PNG decoder");
    }
    png_structp png = decoder->png;
    decoder->info = png_create_info_struct(png);
    if (!decoder->info) {
        return fovea_fail_memory(decoder->err, sizeof(png_infop),
                "the PNG decoder");
    }
    png_set_read_fn(png, decoder, read_bytes);
    /* Sides are held against our own limits, which have their own codes. */
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_malloc_max(png, MAX_CHUNK_BYTES);
    png_set_chunk_cache_max(png, 1);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER,
            (png_const_bytep) "tRNS", 1);
    png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
    return FOVEA_OK;
}

static void
load_palette(struct decoder *decoder)
{
    bool is_indexed = decoder->colour_type == PNG_COLOR_TYPE_PALETTE;
    png_colorp colours = NULL;
    int n = 0;
    fovea_palette_set_grey(&decoder->palette,
            is_indexed ? 8 : (unsigned)decoder->depth, false);
    if (is_indexed) {
        (void)png_get_PLTE(decoder->png, decoder->info, &colours, &n);
    }
    for (int i = 0; i < n && i < FOVEA_PALETTE_SIZE; i++) {
        decoder->palette.rgb[i][0] = colours[i].red;
        decoder->palette.rgb[i][1] = colours[i].green;
        decoder->palette.rgb[i][2] = colours[i].blue;
    }
}

/* Of n rows or columns, those of a pass: one in 2^shift, from the first on. */
static uint64_t
in_pass(uint64_t n, int first, int shift)
{
    uint64_t step = UINT64_C(1) << shift;
    uint64_t skipped = (unsigned)first;
    return n > skipped ? (n - skipped + step - 1) / step : 0;
}

/* Bytes of the rows as they are stored, with their filters. */
static uint64_t
stored_size(const struct decoder *decoder)
{
    png_structp png = decoder->png;
    uint64_t bits = (uint64_t)png_get_channels(png, decoder->info) *
            (unsigned)decoder->depth;
    if (png_get_interlace_type(png, decoder->info) == PNG_INTERLACE_NONE) {
        return decoder->height * ((decoder->width * bits + 7) / 8 + 1);
    }
    uint64_t size = 0;
    for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++) {
        uint64_t columns = in_pass(decoder->width, PNG_PASS_START_COL(pass),
                PNG_PASS_COL_SHIFT(pass));
        uint64_t rows = in_pass(decoder->height, PNG_PASS_START_ROW(pass),
                PNG_PASS_ROW_SHIFT(pass));
        size += columns ? rows * ((columns * bits + 7) / 8 + 1) : 0;
    }
    return size;
}

static enum fovea_status
check_data(struct decoder *decoder)
{
    if (decoder->check.palette_is_bad &&
            decoder->colour_type == PNG_COLOR_TYPE_PALETTE) {
        return fovea_fail(decoder->err, FOVEA_ERR_IMAGE_CORRUPT,
                "PNG: the checksum of the palette is wrong");
    }
    decoder->is_checked = true;
    return fovea_png_check_data(decoder->input, stored_size(decoder),
            &decoder->check, decoder->err);
}

/* An interlaced picture stands in memory whole, and is gone over twice. So are
   samples of 16 bits, in the inflated data. */
static void
price(png_structp png, png_infop info, struct fovea_image_info *image)
{
    enum {
        ADAM7_PASSES = 2,
    };
    bool is_interlaced =
            png_get_interlace_type(png, info) != PNG_INTERLACE_NONE;
    bool is_deep = png_get_bit_depth(png, info) == 16;
    int colours = png_get_color_type(png, info);
    bool has_colours = colours != PNG_COLOR_TYPE_PALETTE &&
            (colours & PNG_COLOR_MASK_COLOR);
    uint64_t stride = (uint64_t)image->width_px *
            (has_colours              ? 3
                            : is_deep ? 2
                                      : 1);
    image->decode_bytes = is_interlaced ? stride * image->height_px : 0;
    uint64_t n_passes = is_interlaced ? ADAM7_PASSES : 1;
    image->decode_work =
            fovea_decode_passes(image, is_deep ? 2 * n_passes : n_passes);
}

static enum fovea_status
start(struct decoder *decoder)
{
    png_structp png = decoder->png;
    png_infop info = decoder->info;
    png_read_info(png, info);
    struct fovea_image_info image = {
        .format = FOVEA_FORMAT_PNG,
        .width_px = png_get_image_width(png, info),
        .height_px = png_get_image_height(png, info),
        .orientation = decoder->exif.orientation,
        .taken = decoder->exif.taken,
    };
    price(png, info, &image);
    enum fovea_status status = fovea_decode_begin(&image, decoder->limits,
            decoder->sink, decoder->err);
    if (status) {
        return status;
    }
    decoder->width = image.width_px;
    decoder->height = image.height_px;
    decoder->depth = png_get_bit_depth(png, info);
    decoder->colour_type = png_get_color_type(png, info);
    status = check_data(decoder);
    if (status) {
        return status;
    }
    if (decoder->depth == 16) {
        png_set_strip_16(png);
        decoder->depth = 8;
    }
    load_palette(decoder);
    png_set_strip_alpha(png);
    (void)png_set_interlace_handling(png);
    png_read_update_info(png, info);
    decoder->stride = png_get_rowbytes(png, info);
    return FOVEA_OK;
}

static enum fovea_status
allocate(struct decoder *decoder, size_t n_rows)
{
    size_t size = 0;
    if (!fovea_mul_size(decoder->stride, n_rows, &size)) {
        return fovea_fail_memory(decoder->err, SIZE_MAX, "the picture");
    }
    decoder->rows = calloc(1, size);
    decoder->rgb = malloc(3 * (size_t)decoder->width);
    if (!decoder->rows || !decoder->rgb) {
        return fovea_fail_memory(decoder->err, size, "the picture");
    }
    return FOVEA_OK;
}

static enum fovea_status
push_row(struct decoder *decoder, const uint8_t *row)
{
    const uint8_t *rgb = decoder->rgb;
    if (decoder->colour_type & PNG_COLOR_MASK_COLOR &&
            decoder->colour_type != PNG_COLOR_TYPE_PALETTE) {
        rgb = row;
    } else {
        fovea_palette_expand(&decoder->palette, (unsigned)decoder->depth, 1,
                row, decoder->width, decoder->rgb);
    }
    return decoder->sink->row(decoder->sink->context, rgb, decoder->err);
}

static enum fovea_status
push_rows(struct decoder *decoder)
{
    enum fovea_status status = allocate(decoder, 1);
    for (uint32_t y = 0; !status && y < decoder->height; y++) {
        decoder->last_row = y == decoder->height - 1;
        png_read_row(decoder->png, decoder->rows, NULL);
        status = push_row(decoder, decoder->rows);
    }
    return status;
}

/* Adam7 leaves no choice: the first rows are complete in the last pass only. */
static enum fovea_status
read_interlaced(struct decoder *decoder)
{
    enum fovea_status status = allocate(decoder, decoder->height);
    if (status) {
        return status;
    }
    for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++) {
        bool is_last = pass == PNG_INTERLACE_ADAM7_PASSES - 1;
        for (uint32_t y = 0; y < decoder->height; y++) {
            decoder->last_row = is_last && y == decoder->height - 1;
            png_read_row(decoder->png, decoder->rows + y * decoder->stride,
                    NULL);
            decoder->n_good_rows = is_last ? y + 1 : 0;
        }
    }
    return FOVEA_OK;
}

/* After all was read, or as much as could be. */
static enum fovea_status
push_interlaced(struct decoder *decoder)
{
    enum fovea_status status = FOVEA_OK;
    for (size_t y = 0; !status && y < decoder->n_good_rows; y++) {
        status = push_row(decoder, decoder->rows + y * decoder->stride);
    }
    return status;
}

static enum fovea_status
decode(struct decoder *decoder)
{
    enum fovea_status status = create(decoder);
    if (status) {
        return status;
    }
    status = start(decoder);
    if (status) {
        return status;
    }
    int interlace = png_get_interlace_type(decoder->png, decoder->info);
    return interlace == PNG_INTERLACE_NONE ? push_rows(decoder)
                                           : read_interlaced(decoder);
}

static enum fovea_status
guarded(struct decoder *decoder)
{
    if (setjmp(decoder->escape)) {
        return decoder->status;
    }
    return decode(decoder);
}

static enum fovea_status
check_header(struct decoder *decoder)
{
    enum fovea_status status =
            fovea_png_check(decoder->input, &decoder->check, decoder->err);
    if (!status && decoder->check.header_is_bad) {
        return fovea_fail(decoder->err, FOVEA_ERR_IMAGE_CORRUPT,
                "PNG: the checksum of the header is wrong");
    }
    return status;
}

/* What is still to be given when reading is over, whatever came of it: the last
   row, if what is missing is only what libpng reads behind it, and the rows of
   an interlaced picture. */
static enum fovea_status
push_rest(struct decoder *decoder, enum fovea_status status)
{
    bool is_interlaced = decoder->n_good_rows > 0;
    bool is_whole = status == FOVEA_ERR_IMAGE_TRUNCATED && decoder->ended &&
            decoder->last_row && decoder->check.has_all_data;
    if (is_interlaced) {
        decoder->n_good_rows += is_whole;
        enum fovea_status pushed = push_interlaced(decoder);
        return pushed ? pushed : is_whole ? FOVEA_OK : status;
    }
    return is_whole ? push_row(decoder, decoder->rows) : status;
}

enum fovea_status
fovea_decode_png(struct fovea_input *input, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    /* On the heap: the window does not belong on a stack. */
    FOVEA_AUTO_FREE struct decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder) {
        return fovea_fail_memory(err, sizeof *decoder, "the PNG decoder");
    }
    enum fovea_status status = fovea_png_exif(input, &decoder->exif, err);
    if (status) {
        return status;
    }
    decoder->input = input;
    decoder->limits = limits;
    decoder->sink = sink;
    decoder->err = err;
    status = check_header(decoder);
    if (!status) {
        status = guarded(decoder);
        status = push_rest(decoder, status);
    }
    png_destroy_read_struct(&decoder->png, &decoder->info, NULL);
    free(decoder->rows);
    free(decoder->rgb);
    return status;
}
