/* From an item to a descriptor: see open_item.h. */
#include "runtime/open_item.h"

#include <inttypes.h>

#include "base/error.h"
#include "option/limits.h"
#include "source/base64.h"
#include "sys/input.h"
#include "sys/memfd.h"

/* In /proc/<pid>/fd. */
static const char image_name[] = "fovea-image";
static const char text_name[] = "fovea-text";

static enum fovea_status
check_size(uint64_t size, uint64_t max_bytes, struct fovea_error *err)
{
    if (size > max_bytes) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_TOO_MANY_BYTES,
                "%" PRIu64 " bytes are more than the limit of %" PRIu64 " %s",
                size, max_bytes, fovea_limit_by(FOVEA_OPTION_BYTES));
    }
    return FOVEA_OK;
}

static enum fovea_status
open_path(const char *path, uint64_t max_bytes, int *fd_out, uint64_t *size_out,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_input_finish) struct fovea_input input = FOVEA_INPUT_INIT;
    enum fovea_status status = fovea_input_open_file(path, &input, err);
    if (!status) {
        status = check_size(input.size, max_bytes, err);
    }
    if (!status) {
        *fd_out = input.fd;
        *size_out = input.size;
        input.fd = -1;
    }
    return status;
}

static enum fovea_status
open_bytes(const void *bytes, size_t size, uint64_t max_bytes, int *fd_out,
        uint64_t *size_out, struct fovea_error *err)
{
    enum fovea_status status = check_size(size, max_bytes, err);
    if (!status) {
        status = fovea_memfd_from_bytes(image_name, bytes, size, fd_out, err);
    }
    if (!status) {
        *size_out = size;
    }
    return status;
}

static enum fovea_status
open_base64(const struct fovea_item *item, uint64_t max_bytes, int *fd_out,
        uint64_t *size_out, struct fovea_error *err)
{
    FOVEA_AUTO_FREE uint8_t *bytes = NULL;
    size_t size = 0;
    enum fovea_status status = fovea_base64_decode(item->data, item->size,
            max_bytes, &bytes, &size, err);
    return status ? status
                  : open_bytes(bytes, size, max_bytes, fd_out, size_out, err);
}

static enum fovea_status
open_text(const struct fovea_item *item, const struct fovea_limits *limits,
        int *fd_out, uint64_t *size_out, struct fovea_error *err)
{
    if (item->size > limits->max_text_bytes) {
        return fovea_fail(err, FOVEA_ERR_TEXT_TOO_LARGE,
                "the text has %zu bytes, more than the limit of %" PRIu32 " %s",
                item->size, limits->max_text_bytes,
                fovea_limit_by(FOVEA_OPTION_TEXT_BYTES));
    }
    enum fovea_status status = fovea_memfd_from_bytes(text_name, item->data,
            item->size, fd_out, err);
    if (!status) {
        *size_out = item->size;
    }
    return status;
}

enum fovea_status
fovea_item_open(const struct fovea_item *item,
        const struct fovea_limits *limits, int *fd_out, uint64_t *size_out,
        struct fovea_error *err)
{
    uint64_t max_bytes = limits->max_bytes;
    if (!item->data &&
            (item->size > 0 || item->kind == FOVEA_ITEM_IMAGE_PATH)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "data is NULL");
    }
    switch (item->kind) {
    case FOVEA_ITEM_IMAGE_PATH:
        return open_path(item->data, max_bytes, fd_out, size_out, err);
    case FOVEA_ITEM_IMAGE_BYTES:
        return open_bytes(item->data, item->size, max_bytes, fd_out, size_out,
                err);
    case FOVEA_ITEM_IMAGE_BASE64:
        return open_base64(item, max_bytes, fd_out, size_out, err);
    case FOVEA_ITEM_TEXT:
        return open_text(item, limits, fd_out, size_out, err);
    case FOVEA_ITEM_IMAGE_URL:
    default:
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "item kind %d is not known",
                (int)item->kind);
    }
}
