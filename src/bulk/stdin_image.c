/* See stdin_image.h. */
#include "bulk/stdin_image.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "option/limits.h"

enum {
    FIRST_SIZE = 1 << 16
};

/* The next bytes; 0 at the end, -1 with errno. */
static ssize_t
read_more(unsigned char *bytes, size_t size)
{
    for (;;) {
        ssize_t n = read(STDIN_FILENO, bytes, size);
        if (n >= 0 || (errno != EINTR && errno != EAGAIN)) {
            return n;
        }
        struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
        (void)poll(&input, 1, -1); /* someone made it non-blocking */
    }
}

static enum fovea_status
grow(struct fovea_stdin_image *image, size_t *capacity, struct fovea_error *err)
{
    size_t grown = *capacity ? *capacity * 2 : FIRST_SIZE;
    unsigned char *bytes = realloc(image->bytes, grown);
    if (!bytes) {
        return fovea_fail_memory(err, grown, "the image on standard input");
    }
    image->bytes = bytes;
    *capacity = grown;
    return FOVEA_OK;
}

enum fovea_status
fovea_stdin_image_read(uint64_t max_bytes, struct fovea_stdin_image *image_out,
        struct fovea_error *err)
{
    struct fovea_stdin_image image = { .bytes = NULL };
    size_t capacity = 0;
    enum fovea_status status = FOVEA_OK;
    ssize_t n = 1;
    while (n > 0 && image.size <= max_bytes && !status) {
        if (image.size == capacity) {
            status = grow(&image, &capacity, err);
            continue;
        }
        n = read_more(image.bytes + image.size, capacity - image.size);
        image.size += n > 0 ? (size_t)n : 0;
    }
    if (!status && n < 0) {
        status = fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "standard input cannot be read");
    }
    if (status) {
        fovea_stdin_image_finish(&image);
        return status;
    }
    if (image.size > max_bytes) {
        (void)fovea_fail(&image.problem, FOVEA_ERR_IMAGE_TOO_MANY_BYTES,
                "standard input has more than %" PRIu64 " bytes %s", max_bytes,
                fovea_limit_by(FOVEA_OPTION_BYTES));
    } else if (image.size == 0) {
        (void)fovea_fail(&image.problem, FOVEA_ERR_NOT_AN_IMAGE,
                "standard input is empty");
    }
    *image_out = image;
    return FOVEA_OK;
}

void
fovea_stdin_image_finish(struct fovea_stdin_image *image)
{
    free(image->bytes);
    image->bytes = NULL;
}
