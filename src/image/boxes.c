/* Boxes: see boxes.h. */
#include "image/boxes.h"

#include <string.h>

#include "image/byte_order.h"

enum {
    HEAD_SIZE = 8,
    LONG_HEAD_SIZE = 16
};

enum fovea_status
fovea_box_read(const struct fovea_input *input, uint64_t at, uint64_t end,
        struct fovea_box *box_out, struct fovea_error *err)
{
    uint8_t head[LONG_HEAD_SIZE];
    size_t n = 0;
    memset(box_out, 0, sizeof *box_out);
    if (end > input->size) {
        end = input->size;
    }
    if (at >= end) {
        return FOVEA_OK;
    }
    enum fovea_status status =
            fovea_input_read(input, at, head, sizeof head, &n, err);
    if (status) {
        return status;
    }
    size_t head_size = HEAD_SIZE;
    uint64_t size = n >= HEAD_SIZE ? fovea_big_endian(head, 4) : 0;
    if (size == 1 && n == LONG_HEAD_SIZE) {
        size = fovea_big_endian(head + 8, 8);
        head_size = LONG_HEAD_SIZE;
    } else if (size == 0) {
        size = end - at; /* all that is left */
    }
    if (size < head_size || size > end - at || n < head_size) {
        return FOVEA_OK;
    }
    memcpy(box_out->type, head + 4, 4);
    box_out->at = at + head_size;
    box_out->end = at + size;
    return FOVEA_OK;
}

enum fovea_status
fovea_box_find(const struct fovea_input *input, uint64_t at, uint64_t end,
        const char *type, struct fovea_box *box_out, struct fovea_error *err)
{
    for (int i = 0; i < FOVEA_MAX_BOXES; i++) {
        enum fovea_status status = fovea_box_read(input, at, end, box_out, err);
        if (status || box_out->end == 0 ||
                memcmp(box_out->type, type, 4) == 0) {
            return status;
        }
        at = box_out->end;
    }
    memset(box_out, 0, sizeof *box_out);
    return FOVEA_OK;
}

enum fovea_status
fovea_box_number(const struct fovea_input *input, struct fovea_box *box,
        size_t size, uint64_t *number_out, struct fovea_error *err)
{
    uint8_t bytes[8] = { 0 };
    size_t n = 0;
    *number_out = 0;
    if (size > sizeof bytes || size > box->end - box->at) {
        box->at = box->end;
        return FOVEA_OK;
    }
    enum fovea_status status =
            fovea_input_read(input, box->at, bytes, size, &n, err);
    if (!status && n == size) {
        *number_out = fovea_big_endian(bytes, size);
        box->at += size;
    }
    return status;
}
