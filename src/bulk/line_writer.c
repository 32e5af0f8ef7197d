/* Lines that end whole: see line_writer.h. */
#include "bulk/line_writer.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"

enum {
    FINISH_S = 5 /* of patience with the reader, once we are to end */
};

static enum fovea_status
write_piece(struct fovea_line_writer *writer, struct fovea_error *err)
{
    size_t left = writer->size - writer->done;
    /* A pipe that has room at all has room for that much. */
    ssize_t n = write(writer->fd, writer->text + writer->done,
            left < PIPE_BUF ? left : PIPE_BUF);
    if (n < 0 && errno != EINTR && errno != EAGAIN) {
        return fovea_fail_errno(err,
                errno == EPIPE ? FOVEA_ERR_OUTPUT_CLOSED : FOVEA_ERR_IO, errno,
                "standard output cannot be written");
    }
    writer->done += n > 0 ? (size_t)n : 0;
    return FOVEA_OK;
}

static enum fovea_status
write_until(struct fovea_line_writer *writer, int attention_fd,
        int64_t until_ns, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    while (writer->done < writer->size && !status) {
        struct pollfd fds[] = {
            { .fd = writer->fd, .events = POLLOUT },
            { .fd = attention_fd, .events = POLLIN },
        };
        int64_t left_ms = until_ns == INT64_MAX
                ? -1
                : (until_ns - fovea_clock_ns()) / FOVEA_NS_PER_MS + 1;
        if (until_ns != INT64_MAX && left_ms <= 0) {
            return fovea_fail(err, FOVEA_ERR_DEADLINE,
                    "nobody reads standard output, and its last line is not "
                    "whole");
        }
        int n = poll(fds, 2, (int)left_ms);
        if (fds[1].revents) {
            return fovea_fail(err, FOVEA_ERR_CANCELLED,
                    "standard output: its last line is not whole");
        }
        if (n > 0 && fds[0].revents) {
            status = write_piece(writer, err);
        }
    }
    return status;
}

enum fovea_status
fovea_line_writer_write(struct fovea_line_writer *writer, int attention_fd,
        struct fovea_error *err)
{
    return write_until(writer, attention_fd, INT64_MAX, err);
}

enum fovea_status
fovea_line_writer_finish_line(struct fovea_line_writer *writer,
        int attention_fd, struct fovea_error *err)
{
    if (writer->done == 0 || writer->text[writer->done - 1] == '\n') {
        return FOVEA_OK;
    }
    const char *end = memchr(writer->text + writer->done, '\n',
            writer->size - writer->done);
    if (end) {
        writer->size = (size_t)(end + 1 - writer->text);
    }
    return write_until(writer, attention_fd,
            fovea_clock_ns() + FINISH_S * FOVEA_NS_PER_S, err);
}
