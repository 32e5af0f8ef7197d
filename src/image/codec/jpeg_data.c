/* See jpeg_data.h. */
#include "image/codec/jpeg_data.h"

/* Behind jpeglib.h, whose settings it wants. */
#include <jerror.h>

#include "base/error.h"

enum fovea_status
fovea_jpeg_data_read(struct fovea_jpeg_data *data, uint8_t *bytes, size_t size,
        size_t *n_out, struct fovea_error *err)
{
    if (data->has_scans) {
        uint64_t left =
                data->offset < data->end.at ? data->end.at - data->offset : 0;
        size = left < size ? (size_t)left : size;
    }
    enum fovea_status status = fovea_input_read(data->input, data->offset,
            bytes, size, n_out, err);
    data->offset += status ? 0 : *n_out;
    data->ended = data->ended || *n_out == 0;
    return status;
}

/* The offset of the next byte that libjpeg reads. */
static uint64_t
next_byte(const struct jpeg_decompress_struct *jpeg,
        const struct fovea_jpeg_data *data)
{
    return data->offset - jpeg->src->bytes_in_buffer;
}

/* Of several scans libjpeg must see no more than the picture's data: what can
   stand behind them would make it fail. */
enum fovea_status
fovea_jpeg_data_begin(struct jpeg_decompress_struct *jpeg,
        struct fovea_jpeg_data *data, struct fovea_error *err)
{
    data->n_good_rows = jpeg->image_height;
    if (!jpeg_has_multiple_scans(jpeg)) {
        return FOVEA_OK;
    }
    struct fovea_jpeg_marker *end = &data->end;
    enum fovea_status status =
            fovea_jpeg_find_end(data->input, next_byte(jpeg, data), end, err);
    if (end->code == JPEG_EOI) {
        end->at += 2; /* it is the file's own */
    }
    if (data->offset > end->at) {
        uint64_t excess = data->offset - end->at;
        size_t here = jpeg->src->bytes_in_buffer;
        jpeg->src->bytes_in_buffer -= excess < here ? (size_t)excess : here;
        data->offset = end->at;
    }
    data->has_scans = true;
    return status;
}

enum fovea_status
fovea_jpeg_fail_truncated(struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
            "JPEG: the data ends before the last pixel");
}

/* A marker stands where pixels should be: the end, or that of what comes next
   in a file with a hole, or with damage that swallowed the rest of an interval.
 */
static enum fovea_status
fail_missing(const struct jpeg_decompress_struct *jpeg,
        const struct fovea_jpeg_data *data, struct fovea_error *err)
{
    int marker = jpeg->unread_marker;
    if (data->ended && data->has_scans) {
        marker = data->end.code; /* the one that was made up stands for it */
    }
    if (marker == 0 || marker == JPEG_EOI) {
        return fovea_jpeg_fail_truncated(err);
    }
    return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
            "JPEG: pixels are missing before the marker ff%02x",
            (unsigned)marker);
}

enum fovea_status
fovea_jpeg_fail_damaged(struct jpeg_decompress_struct *jpeg,
        const struct fovea_jpeg_data *data, struct fovea_error *err)
{
    if (jpeg->err->msg_code == JWRN_HIT_MARKER || data->ended) {
        return fail_missing(jpeg, data, err);
    }
    char text[JMSG_LENGTH_MAX];
    jpeg->err->format_message((j_common_ptr)jpeg, text);
    return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT, "JPEG: %s", text);
}

/* The rows that the block rows before the one in hand make. Where chroma is
   stored at half height the last of them mixes in the block row below. */
static uint32_t
rows_so_far(const struct jpeg_decompress_struct *jpeg)
{
    uint64_t factor = (unsigned)jpeg->max_v_samp_factor;
    uint64_t rows = jpeg->input_iMCU_row * factor * DCTSIZE;
    if (rows >= jpeg->image_height) {
        return jpeg->image_height;
    }
    return (uint32_t)(rows >= factor ? rows - (factor - 1) : 0);
}

void
fovea_jpeg_take_damage(struct jpeg_decompress_struct *jpeg,
        struct fovea_jpeg_data *data)
{
    uint32_t n_good_rows = rows_so_far(jpeg);
    if (!data->damage.code) {
        (void)fovea_jpeg_fail_damaged(jpeg, data, &data->damage);
    }
    if (n_good_rows < data->n_good_rows) {
        data->n_good_rows = n_good_rows;
    }
}

/* Bytes before a marker that belong to nothing: between headers they are
   nothing to us, and behind a scan those that only fill up, or that a made-up
   end marker follows, are no part of the picture. The others were its data. */
static enum fovea_status
is_left_over(const struct jpeg_decompress_struct *jpeg,
        const struct fovea_jpeg_data *data, bool *is_out,
        struct fovea_error *err)
{
    const int *parameters =
            jpeg->err->msg_parm.i; /* how many, and the marker */
    bool is_padding = false;
    *is_out = false;
    if (jpeg->input_scan_number == 0 ||
            (data->ended && parameters[1] == JPEG_EOI)) {
        return FOVEA_OK;
    }
    enum fovea_status status = fovea_jpeg_is_padding(data->input,
            next_byte(jpeg, data), (uint64_t)parameters[0], &is_padding, err);
    *is_out = !is_padding;
    return status;
}

enum fovea_status
fovea_jpeg_is_damage(const struct jpeg_decompress_struct *jpeg,
        const struct fovea_jpeg_data *data, bool *is_out,
        struct fovea_error *err)
{
    switch (jpeg->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
        *is_out = true;
        return FOVEA_OK;
    case JWRN_EXTRANEOUS_DATA:
        return is_left_over(jpeg, data, is_out, err);
    default:
        *is_out = false; /* about a header */
        return FOVEA_OK;
    }
}

/* Whether each component had a scan: its first one takes its table. */
static bool
has_all_components(const struct jpeg_decompress_struct *jpeg)
{
    for (int c = 0; c < jpeg->num_components; c++) {
        if (!jpeg->comp_info[c].quant_table) {
            return false;
        }
    }
    return true;
}

bool
fovea_jpeg_is_refined(const struct jpeg_decompress_struct *jpeg)
{
    for (int c = 0; jpeg->coef_bits && c < jpeg->num_components; c++) {
        for (size_t i = 0; i < DCTSIZE2; i++) {
            if (jpeg->coef_bits[c][i] != 0) {
                return false;
            }
        }
    }
    return true;
}

/* Without the end marker nobody says that the scans were all there are; and
   behind damage it may have been put there by whoever found the rest missing. */
void
fovea_jpeg_check_scans(const struct jpeg_decompress_struct *jpeg,
        struct fovea_jpeg_data *data)
{
    bool is_doubtful = data->ended || data->damage.code;
    if (!data->has_scans ||
            (has_all_components(jpeg) &&
                    (!is_doubtful || fovea_jpeg_is_refined(jpeg)))) {
        return;
    }
    if (!data->damage.code) {
        (void)fail_missing(jpeg, data, &data->damage);
    }
    data->n_good_rows = 0;
}

/* Data that are left over when all pixels had theirs are out of step with the
   pixels somewhere above; but only the end marker, or one of those between
   intervals, shows that they are data. */
static enum fovea_status
check_left_over(const struct jpeg_decompress_struct *jpeg,
        const struct fovea_jpeg_data *data, struct fovea_error *err)
{
    enum {
        N_RESTARTS = 8
    };
    struct fovea_jpeg_marker marker;
    if (jpeg->unread_marker) {
        return FOVEA_OK;
    }
    enum fovea_status status = fovea_jpeg_find_marker(data->input,
            next_byte(jpeg, data), &marker, err);
    bool is_restart = jpeg->restart_interval > 0 && marker.code >= JPEG_RST0 &&
            marker.code < JPEG_RST0 + N_RESTARTS;
    if (!status && marker.has_bytes &&
            (marker.code == JPEG_EOI || is_restart)) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "JPEG: there are more data than its pixels take");
    }
    return status;
}

enum fovea_status
fovea_jpeg_check_rest(const struct jpeg_decompress_struct *jpeg,
        const struct fovea_jpeg_data *data, struct fovea_error *err)
{
    if (!data->has_scans) {
        return check_left_over(jpeg, data, err);
    }
    if (data->damage.code && err) {
        *err = data->damage;
    }
    return data->damage.code;
}
