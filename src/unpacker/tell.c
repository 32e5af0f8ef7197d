/* See tell.h. */
#include "unpacker/tell.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"

#define QUIET_BYTES (UINT64_C(8) << 20) /* between two words of progress */

void
fovea_teller_init(struct fovea_teller *teller, int fd)
{
    teller->fd = fd;
    teller->n_quiet = 0;
    fovea_writer_init(&teller->writer, teller->buffer, sizeof teller->buffer);
}

void
fovea_tell_now(struct fovea_teller *teller)
{
    size_t done = 0;
    FOVEA_ASSERT(!teller->writer.overflow);
    while (done < teller->writer.size) {
        ssize_t n = write(teller->fd, teller->buffer + done,
                teller->writer.size - done);
        if (n < 0 && errno != EINTR) {
            _exit(EXIT_SUCCESS); /* nobody listens */
        }
        done += n > 0 ? (size_t)n : 0;
    }
    teller->n_quiet = teller->writer.size > 0 ? 0 : teller->n_quiet;
    teller->writer.size = 0;
}

/* Room for a frame. */
static struct fovea_writer *
begin(struct fovea_teller *teller, size_t payload_size)
{
    size_t left = sizeof teller->buffer - teller->writer.size;
    if (left < FOVEA_UNPACKED_HEADER_SIZE + payload_size) {
        fovea_tell_now(teller);
    }
    return &teller->writer;
}

/* More than any message has that is not data. */
#define MESSAGE_SIZE sizeof(struct fovea_unpacked_member)

void
fovea_tell_ready(struct fovea_teller *teller, bool is_sealed)
{
    fovea_unpacked_write_ready(begin(teller, MESSAGE_SIZE), is_sealed);
}

void
fovea_tell_member(struct fovea_teller *teller,
        const struct fovea_unpacked_member *member)
{
    fovea_unpacked_write_member(begin(teller, MESSAGE_SIZE), member);
}

void
fovea_tell_data(struct fovea_teller *teller, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    while (size > 0) {
        size_t n = size < FOVEA_UNPACKED_MAX_PAYLOAD
                ? size
                : FOVEA_UNPACKED_MAX_PAYLOAD;
        struct fovea_writer *writer = begin(teller, n);
        fovea_unpacked_header(writer, FOVEA_UNPACKED_DATA, n);
        memcpy(writer->bytes + writer->size, at, n);
        writer->size += n;
        at += n;
        size -= n;
    }
}

void
fovea_tell_mark(struct fovea_teller *teller,
        const struct fovea_unpacked_mark *mark)
{
    fovea_unpacked_write_mark(begin(teller, MESSAGE_SIZE), mark);
}

void
fovea_tell_progress(struct fovea_teller *teller, uint64_t n_bytes)
{
    teller->n_quiet += n_bytes;
    if (teller->n_quiet >= QUIET_BYTES) {
        fovea_unpacked_header(begin(teller, 0), FOVEA_UNPACKED_PROGRESS, 0);
        fovea_tell_now(teller);
    }
}

void
fovea_tell_end(struct fovea_teller *teller,
        const struct fovea_unpacked_end *end)
{
    fovea_unpacked_write_end(begin(teller, MESSAGE_SIZE), end);
    fovea_tell_now(teller);
}

void
fovea_tell_failure(struct fovea_teller *teller,
        const struct fovea_unpacked_failure *failure)
{
    fovea_unpacked_write_failure(begin(teller, MESSAGE_SIZE), failure);
    fovea_tell_now(teller);
}
