/*
 * JPEG, on libjpeg-turbo.
 *
 * libjpeg's only way to report an error is a callback that must not return, so
 * setjmp and longjmp cannot be avoided. They are kept to one leaf function,
 * guarded(): it has no variables of its own, everything that outlives a jump is
 * in struct decoder, and all memory below it belongs to libjpeg's pools, which
 * fovea_decode_jpeg() frees on every way out. No sink is ever jumped over.
 *
 * Colours are Pillow's: grey is replicated, YCbCr is converted by libjpeg, and
 * every file of four components is taken for inverted CMYK as Adobe writes it.
 *
 * Missing data is never made up. When the input ends early the decoder is given
 * an end-of-image marker, and libjpeg then says so if it needed more bits
 * (JWRN_HIT_MARKER). That and its other warnings about entropy-coded data are
 * damage; those about headers concern no pixel and are none.
 *
 * Where the sink can do with a smaller picture, libjpeg makes one of an eighth, a
 * quarter or half the size; and of columns and rows that do not count it decodes the
 * entropy code alone.
 *
 * A picture of one scan ends at its first damage: the rows before it were given.
 * One of several scans is read through to its end, because each of its rows is
 * made of all scans; rows count up to the first that some scan has damaged. The
 * end marker is not needed where the scans have all there can be.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
/* Behind jpeglib.h, whose settings it wants. */
#include <jerror.h>

#include "base/error.h"
#include "base/size.h"
#include "image/codec/codec.h"
#include "image/codec/jpeg_data.h"
#include "image/codec/jpeg_head.h"
#include "image/codec/jpeg_rows.h"
#include "image/codec/jpeg_thin.h"
#include "option/limits.h"

enum {
    WINDOW_BYTES = 64 << 10,
    /* Scans of a picture; encoders write about ten, and 8 bits of four
       components cannot use more. */
    MAX_SCANS = 200,
    /* Beside the coefficients: what is known of each row of blocks, tables. */
    SCANS_BYTES = 1 << 20,
    ROWS_BYTES = 4 << 20
};

struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;

    const struct fovea_limits *limits;
    const struct fovea_row_sink *sink;
    struct fovea_error *err;
    enum fovea_status status; /* of what made us escape */
    struct fovea_exif exif;
    struct fovea_image_info info;

    /* Of the first try only: at any fault the picture is decoded once more, without
       them, and rows that were pushed are not pushed again. */
    struct fovea_jpeg_thin *thin;
    bool has_skipped;
    bool is_irregular;
    bool is_again;
    uint32_t n_pushed;

    struct fovea_jpeg_data data;
    uint8_t window[WINDOW_BYTES];
};

static struct decoder *
decoder_of(j_common_ptr jpeg)
{
    return jpeg->client_data;
}

static _Noreturn void
escape(struct decoder *decoder, enum fovea_status status)
{
    decoder->status = status;
    longjmp(decoder->escape, 1);
}

/* Where data are made less, or rows left out, they can only be right: or else the
   whole of them says what is wrong, and how many rows are right. */
static void
leave_if_partial(struct decoder *decoder)
{
    if (decoder->thin || decoder->has_skipped) {
        decoder->is_irregular = true;
        escape(decoder, FOVEA_ERR_IMAGE_CORRUPT);
    }
}

static enum fovea_status
status_of_code(int code)
{
    switch (code) {
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE:
        return FOVEA_ERR_NO_MEMORY;
    case JERR_IMAGE_TOO_BIG:
        return FOVEA_ERR_IMAGE_SIDE_TOO_LONG;
    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_ARITH_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_NOT_COMPILED:
        return FOVEA_ERR_IMAGE_UNSUPPORTED;
    default:
        return FOVEA_ERR_IMAGE_CORRUPT;
    }
}

static void
on_error(j_common_ptr jpeg)
{
    struct decoder *decoder = decoder_of(jpeg);
    enum fovea_status status = status_of_code(jpeg->err->msg_code);
    if (status != FOVEA_ERR_NO_MEMORY) {
        leave_if_partial(decoder);
    }
    if (decoder->data.ended && status != FOVEA_ERR_NO_MEMORY) {
        escape(decoder, fovea_jpeg_fail_truncated(decoder->err));
    }
    char text[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, text);
    escape(decoder, fovea_fail(decoder->err, status, "JPEG: %s", text));
}

static void
on_message(j_common_ptr jpeg, int level)
{
    struct decoder *decoder = decoder_of(jpeg);
    bool is_damage = false;
    enum fovea_status status = level >= 0
            ? FOVEA_OK /* a trace */
            : fovea_jpeg_is_damage(&decoder->jpeg, &decoder->data, &is_damage,
                      decoder->err);
    if (status) {
        escape(decoder, status);
    }
    if (is_damage) {
        leave_if_partial(decoder);
    }
    if (is_damage && !decoder->data.has_scans) {
        escape(decoder,
                fovea_jpeg_fail_damaged(&decoder->jpeg, &decoder->data,
                        decoder->err));
    }
    if (is_damage) {
        fovea_jpeg_take_damage(&decoder->jpeg, &decoder->data);
    }
}

static void
output_nothing(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void
source_init(j_decompress_ptr jpeg)
{
    (void)jpeg;
}

static boolean
source_fill(j_decompress_ptr jpeg)
{
    struct decoder *decoder = jpeg->client_data;
    size_t n = 0;
    enum fovea_status status = decoder->thin
            ? fovea_jpeg_thin_read(decoder->thin, decoder->window, WINDOW_BYTES,
                      &n, decoder->err)
            : fovea_jpeg_data_read(&decoder->data, decoder->window,
                      WINDOW_BYTES, &n, decoder->err);
    if (status) {
        escape(decoder, status);
    }
    if (n == 0) {
        leave_if_partial(decoder);
        decoder->window[0] = 0xff;
        decoder->window[1] = JPEG_EOI;
        n = 2;
    }
    decoder->source.next_input_byte = decoder->window;
    decoder->source.bytes_in_buffer = n;
    return TRUE;
}

static void
source_skip(j_decompress_ptr jpeg, long n_bytes)
{
    struct decoder *decoder = jpeg->client_data;
    if (n_bytes <= 0) {
        return;
    }
    size_t n = (size_t)n_bytes;
    size_t here = decoder->source.bytes_in_buffer;
    if (n <= here) {
        decoder->source.next_input_byte += n;
        decoder->source.bytes_in_buffer -= n;
        return;
    }
    decoder->source.bytes_in_buffer = 0;
    decoder->data.offset += n - here;
}

/* Called for every row of blocks of every scan: the one place to notice a file
   that is small and has scans without end. */
static void
watch_scans(j_common_ptr common)
{
    struct decoder *decoder = decoder_of(common);
    const struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    uint64_t n = (uint64_t)jpeg->input_scan_number;
    if (n > MAX_SCANS) {
        escape(decoder,
                fovea_fail(decoder->err, FOVEA_ERR_IMAGE_CORRUPT,
                        "JPEG: more scans than a picture of %ux%u can need",
                        jpeg->image_width, jpeg->image_height));
    }
    enum fovea_status status =
            fovea_decode_check_work(&decoder->info, decoder->limits,
                    fovea_decode_passes(&decoder->info, n + 1), decoder->err);
    if (n > 1 && status) {
        escape(decoder, status);
    }
}

static void
create(struct decoder *decoder)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    jpeg->err = jpeg_std_error(&decoder->errors);
    decoder->errors.error_exit = on_error;
    decoder->errors.emit_message = on_message;
    decoder->errors.output_message = output_nothing;
    jpeg->client_data = decoder;
    jpeg_create_decompress(jpeg);
    decoder->source.bytes_in_buffer = 0;
    decoder->source.init_source = source_init;
    decoder->source.fill_input_buffer = source_fill;
    decoder->source.skip_input_data = source_skip;
    decoder->source.resync_to_restart = jpeg_resync_to_restart;
    decoder->source.term_source = source_init;
    jpeg->src = &decoder->source;
    decoder->progress.progress_monitor = watch_scans;
    jpeg->progress = &decoder->progress;
}

/* A picture of several scans stands in memory as coefficients, in whole units
   of each component. */
static uint64_t
coefficient_bytes(j_decompress_ptr jpeg)
{
    if (!jpeg_has_multiple_scans(jpeg)) {
        return 0;
    }
    uint64_t sum = SCANS_BYTES;
    for (int i = 0; i < jpeg->num_components; i++) {
        const jpeg_component_info *component = jpeg->comp_info + i;
        uint64_t width = fovea_round_up(component->width_in_blocks,
                (size_t)component->h_samp_factor);
        uint64_t height = fovea_round_up(component->height_in_blocks,
                (size_t)component->v_samp_factor);
        sum += height * (width * sizeof(JBLOCK) + sizeof(JBLOCKROW));
    }
    return sum;
}

/* libjpeg can leave out the finest waves of each block: of 8x8 samples come 4x4,
   2x2, or 1. Other sizes take it longer than the next larger of these. */
static enum fovea_status
choose_size(struct decoder *decoder)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    unsigned shrink = 1;
    enum fovea_status status = fovea_decode_choose_shrink(&decoder->info,
            decoder->sink, DCTSIZE, &shrink, decoder->err);
    jpeg->scale_num = 1;
    jpeg->scale_denom = shrink;
    jpeg_calc_output_dimensions(jpeg);
    if (shrink == DCTSIZE) {
        decoder->info.decode_bytes += FOVEA_JPEG_THIN_BYTES;
    }
    decoder->info.rows = (struct fovea_image_rows){
        .width_px = jpeg->output_width,
        .height_px = jpeg->output_height,
        .across = (double)jpeg->image_width / shrink,
        .down = (double)jpeg->image_height / shrink,
    };
    return status;
}

static enum fovea_status
start(struct decoder *decoder)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    (void)jpeg_read_header(jpeg, TRUE);
    switch (jpeg->num_components) {
    case 1:
        jpeg->out_color_space = JCS_GRAYSCALE;
        break;
    case 3:
        jpeg->out_color_space = JCS_RGB;
        break;
    case 4:
        jpeg->out_color_space = JCS_CMYK;
        break;
    default:
        return fovea_fail(decoder->err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "JPEG: %d components", jpeg->num_components);
    }
    decoder->info = (struct fovea_image_info){
        .format = FOVEA_FORMAT_JPEG,
        .width_px = jpeg->image_width,
        .height_px = jpeg->image_height,
        .orientation = decoder->exif.orientation,
        .taken = decoder->exif.taken,
        .decode_bytes = coefficient_bytes(jpeg),
    };
    enum fovea_status status = choose_size(decoder);
    if (!status && !decoder->is_again) {
        status = fovea_decode_begin(&decoder->info, decoder->limits,
                decoder->sink, decoder->err);
    }
    if (status) {
        return status;
    }
    /* A bound, not a reservation; 0 would be none. */
    jpeg->mem->max_memory_to_use = (long)(decoder->info.decode_bytes +
            ROWS_BYTES + (uint64_t)jpeg->output_width * FOVEA_DECODE_ROW_BYTES);
    status = fovea_jpeg_data_begin(jpeg, &decoder->data, decoder->err);
    if (status) {
        return status;
    }
    (void)jpeg_start_decompress(jpeg);
    fovea_jpeg_check_scans(jpeg, &decoder->data);
    return decoder->is_again ? FOVEA_OK
                             : fovea_jpeg_thin_create(jpeg, &decoder->data,
                                       &decoder->thin, decoder->err);
}

/* What libjpeg smooths where a scan of a progressive picture is missing depends
   on more than the blocks around it. */
static void
begin_rows(struct decoder *decoder, JDIMENSION n_good,
        struct fovea_jpeg_rows *rows)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    struct fovea_window window = fovea_image_rows_whole(&decoder->info.rows);
    if (decoder->sink->window) {
        decoder->sink->window(decoder->sink->context, &window);
    }
    bool may_crop = jpeg->scale_denom == 1 && fovea_jpeg_is_refined(jpeg);
    fovea_jpeg_rows_begin(jpeg, &window, may_crop, rows);
    decoder->has_skipped = may_crop && n_good == jpeg->output_height &&
            !decoder->is_again && fovea_jpeg_rows_skip(jpeg, &window, rows);
}

static enum fovea_status
push_rows(struct decoder *decoder)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    struct fovea_jpeg_rows rows;
    JDIMENSION n_good = decoder->data.n_good_rows == jpeg->image_height
            ? jpeg->output_height
            : decoder->data.n_good_rows / jpeg->scale_denom;
    begin_rows(decoder, n_good, &rows);
    while (jpeg->output_scanline < n_good) {
        const uint8_t *rgb = fovea_jpeg_rows_read(jpeg, &rows);
        /* Those that were left out, whose samples do not count, before it. */
        while (decoder->n_pushed < jpeg->output_scanline) {
            enum fovea_status status = decoder->sink->row(
                    decoder->sink->context, rgb, decoder->err);
            if (status) {
                return status;
            }
            decoder->n_pushed++;
        }
    }
    if (decoder->thin) {
        return FOVEA_OK; /* it has seen the end */
    }
    return fovea_jpeg_check_rest(jpeg, &decoder->data, decoder->err);
}

static enum fovea_status
decode(struct decoder *decoder)
{
    create(decoder);
    enum fovea_status status = start(decoder);
    return status ? status : push_rows(decoder);
}

static enum fovea_status
guarded(struct decoder *decoder)
{
    if (setjmp(decoder->escape)) {
        return decoder->status;
    }
    return decode(decoder);
}

enum fovea_status
fovea_decode_jpeg(struct fovea_input *input, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    /* On the heap: the window does not belong on a stack. */
    FOVEA_AUTO_FREE struct decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder) {
        return fovea_fail_memory(err, sizeof *decoder, "the JPEG decoder");
    }
    struct fovea_jpeg_head head;
    enum fovea_status status = fovea_jpeg_read_head(input, &head, err);
    if (status) {
        return status;
    }
    decoder->exif = head.exif;
    decoder->exif.orientation += !head.exif.orientation;
    decoder->limits = limits;
    decoder->sink = sink;
    decoder->err = err;
    do {
        decoder->is_again = decoder->is_irregular;
        decoder->is_irregular = false;
        decoder->has_skipped = false;
        decoder->data = (struct fovea_jpeg_data){ .input = input };
        status = guarded(decoder);
        jpeg_destroy_decompress(&decoder->jpeg);
        fovea_jpeg_thin_destroy(decoder->thin);
        decoder->thin = NULL;
    } while (decoder->is_irregular);
    return status;
}
