/*
 * Packed bodies: the first byte chooses the coding and the size of the pieces,
 * the rest is the body. Whatever comes, it ends in a status with a message, and
 * in one piece what it ends in in many.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "fuzz.h"
#include "http/inflate.h"

enum {
    MOST = 1 << 20
};

struct sum {
    size_t size;
    unsigned check;
};

static enum fovea_status
take(void *context, const char *data, size_t size, struct fovea_error *err)
{
    struct sum *sum = context;
    FOVEA_ASSERT(size > 0);
    for (size_t i = 0; i < size; i++) {
        sum->check = sum->check * 31 + (unsigned char)data[i];
    }
    sum->size += size;
    return sum->size > MOST
            ? fovea_fail(err, FOVEA_ERR_BODY_TOO_LARGE, "too much")
            : FOVEA_OK;
}

static enum fovea_status
unpack(enum fovea_http_coding coding, const uint8_t *data, size_t size,
        size_t step, struct sum *sum)
{
    struct fovea_http_inflate *packed = NULL;
    struct fovea_error error = { .code = FOVEA_OK };
    enum fovea_status status =
            fovea_http_inflate_create(coding, &packed, &error);
    for (size_t at = 0; !status && at < size; at += step) {
        size_t n = size - at < step ? size - at : step;
        /* Of its own size, so that reading beyond it shows. */
        FOVEA_AUTO_FREE char *piece = malloc(n);
        FOVEA_ASSERT(piece);
        memcpy(piece, data + at, n);
        status = fovea_http_inflate_add(packed, piece, n, take, sum, &error);
    }
    if (!status) {
        status = fovea_http_inflate_end(packed, &error);
    }
    fovea_http_inflate_destroy(packed);
    FOVEA_ASSERT(status == error.code);
    FOVEA_ASSERT(status == FOVEA_OK || status == FOVEA_ERR_ARGUMENT ||
            status == FOVEA_ERR_BODY_TOO_LARGE);
    FOVEA_ASSERT(!status || error.message[0]);
    return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    enum fovea_http_coding coding =
            data[0] & 1 ? FOVEA_HTTP_CODING_GZIP : FOVEA_HTTP_CODING_DEFLATE;
    struct sum whole = { 0 };
    struct sum parts = { 0 };
    enum fovea_status status = unpack(coding, data + 1, size - 1, size, &whole);
    enum fovea_status other = unpack(coding, data + 1, size - 1,
            (size_t)(data[0] >> 1) + 1, &parts);
    FOVEA_ASSERT(status == other);
    FOVEA_ASSERT(
            status || (whole.size == parts.size && whole.check == parts.check));
    return 0;
}
