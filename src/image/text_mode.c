/* See text_mode.h. */
#include "image/text_mode.h"

#include <inttypes.h>

#include "base/error.h"
#include "image/boxes.h"
#include "image/byte_order.h"
#include "image/codec/pnm.h"

enum {
    BLOCK_SIZE = 4096,
};

static enum fovea_status
read_u32(const struct fovea_input *input, uint64_t at, uint64_t *number_out,
        struct fovea_error *err)
{
    uint8_t bytes[4] = { 0 };
    size_t n = 0;
    enum fovea_status status =
            fovea_input_read(input, at, bytes, sizeof bytes, &n, err);
    *number_out = fovea_little_endian(bytes, sizeof bytes);
    return status;
}

/* Where the boxes that stand beside each other end. */
static enum fovea_status
find_end_of_boxes(const struct fovea_input *input, uint64_t *end_out,
        struct fovea_error *err)
{
    struct fovea_box box = { .end = 0 };
    for (int i = 0; i < FOVEA_MAX_BOXES; i++) {
        uint64_t at = box.end;
        enum fovea_status status =
                fovea_box_read(input, at, input->size, &box, err);
        if (status || box.end == 0) {
            *end_out = at;
            return status;
        }
    }
    *end_out = input->size;
    return FOVEA_OK;
}

/* How long the file says that it is; its size where it does not. */
static enum fovea_status
find_stated_size(const struct fovea_input *input, enum fovea_format format,
        uint64_t *size_out, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    *size_out = input->size;
    if (format == FOVEA_FORMAT_WEBP) {
        status = read_u32(input, 4, size_out, err);
        *size_out += 8; /* are not counted by RIFF */
    } else if (format == FOVEA_FORMAT_BMP) {
        status = read_u32(input, 2, size_out, err);
    } else if (format == FOVEA_FORMAT_HEIF) {
        status = find_end_of_boxes(input, size_out, err);
    } else if (format == FOVEA_FORMAT_PNM) {
        status = fovea_pnm_stated_size(input, size_out, err);
    }
    return status;
}

/* Whether there are n line feeds, all of them behind a carriage return. */
static enum fovea_status
has_line_ends(const struct fovea_input *input, uint64_t n_expected,
        bool *result_out, struct fovea_error *err)
{
    uint8_t block[BLOCK_SIZE];
    uint8_t before = 0;
    uint64_t n_found = 0;
    size_t n = 0;
    *result_out = false;
    for (uint64_t at = 0; at < input->size; at += n) {
        enum fovea_status status =
                fovea_input_read(input, at, block, sizeof block, &n, err);
        if (status || n == 0) {
            return status;
        }
        for (size_t i = 0; i < n; i++) {
            if (block[i] == '\n' &&
                    (before != '\r' || ++n_found > n_expected)) {
                return FOVEA_OK;
            }
            before = block[i];
        }
    }
    *result_out = n_found == n_expected;
    return FOVEA_OK;
}

enum fovea_status
fovea_check_no_text_mode(const struct fovea_input *input,
        enum fovea_format format, struct fovea_error *err)
{
    uint64_t stated = 0;
    bool was_text = false;
    enum fovea_status status = find_stated_size(input, format, &stated, err);
    if (!status && stated < input->size) {
        status = has_line_ends(input, input->size - stated, &was_text, err);
    }
    if (!status && was_text) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "%s: the file was sent or saved as text, which has put a byte "
                "before each of its %" PRIu64 " line feeds",
                fovea_format_name(format), input->size - stated);
    }
    return status;
}
