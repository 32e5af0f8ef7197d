/*
 * Frames over a SOCK_SEQPACKET socket: see frame.h.
 *
 * The kernel keeps the borders of messages, so a frame is whole or it is none;
 * what comes cut short (MSG_TRUNC, MSG_CTRUNC) was too long and is refused.
 * Descriptors that came with something refused are closed here: nothing that a
 * peer does can fill the process's table.
 */
#include "wire/frame.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/error.h"
#include "wire/bytes.h"

_Static_assert(sizeof(int) == 4, "a descriptor takes 4 bytes");

/* The only reason for the union is alignment. */
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(FOVEA_FRAME_MAX_FDS * sizeof(int))];
};

static const char *const names[] = {
    [FOVEA_FRAME_HELLO] = "HELLO",
    [FOVEA_FRAME_LOAD] = "LOAD",
    [FOVEA_FRAME_READY] = "READY",
    [FOVEA_FRAME_FAILED] = "FAILED",
    [FOVEA_FRAME_JOB] = "JOB",
    [FOVEA_FRAME_DECODED] = "DECODED",
    [FOVEA_FRAME_RESULT] = "RESULT",
    [FOVEA_FRAME_NEED] = "NEED",
    [FOVEA_FRAME_GRANT] = "GRANT",
    [FOVEA_FRAME_MEASURE] = "MEASURE",
    [FOVEA_FRAME_MEASURED] = "MEASURED",
};

const char *
fovea_frame_type_name(enum fovea_frame_type type)
{
    bool is_known = type >= FOVEA_FRAME_HELLO && type <= FOVEA_FRAME_LAST;
    return is_known ? names[type] : "unknown";
}

void
fovea_frame_finish(struct fovea_frame *frame)
{
    for (size_t i = 0; i < frame->n_fds; i++) {
        if (frame->fds[i] >= 0) {
            (void)close(frame->fds[i]);
            frame->fds[i] = -1;
        }
    }
    frame->n_fds = 0;
}

int
fovea_frame_take_fd(struct fovea_frame *frame, size_t index)
{
    FOVEA_ASSERT(index < frame->n_fds);
    int fd = frame->fds[index];
    frame->fds[index] = -1;
    return fd;
}

/* A frame's parts one by one: a struct would be filled and taken apart at
   once. */
enum fovea_status /* NOLINTNEXTLINE(readability-function-size) */
fovea_frame_send(int channel, enum fovea_frame_type type, uint64_t id,
        const void *payload, size_t size, const int *fds, size_t n_fds,
        struct fovea_error *err)
{
    const char *name = fovea_frame_type_name(type);
    if (size > FOVEA_FRAME_MAX_PAYLOAD || n_fds > FOVEA_FRAME_MAX_FDS) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "%s: %zu bytes and %zu descriptors do not fit into a frame",
                name, size, n_fds);
    }
    uint8_t header[FOVEA_FRAME_HEADER_SIZE];
    struct fovea_writer writer;
    fovea_writer_init(&writer, header, sizeof header);
    fovea_write_u16(&writer, (uint16_t)type);
    fovea_write_u16(&writer, 0);
    fovea_write_u32(&writer, (uint32_t)size);
    fovea_write_u64(&writer, id);

    struct iovec parts[2] = {
        { .iov_base = header, .iov_len = sizeof header },
        { .iov_len = size },
    };
    /* sendmsg only reads, but iovec knows no const. */
    memcpy(&parts[1].iov_base, &payload, sizeof payload);
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = size ? 2 : 1 };
    union control control;
    if (n_fds > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
        struct cmsghdr *item = CMSG_FIRSTHDR(&message);
        item->cmsg_level = SOL_SOCKET;
        item->cmsg_type = SCM_RIGHTS;
        item->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
        memcpy(CMSG_DATA(item), fds, n_fds * sizeof(int));
    }
    ssize_t n = 0;
    do {
        n = sendmsg(channel, &message, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n >= 0) {
        return FOVEA_OK; /* all of it: the socket keeps borders */
    }
    int error = errno;
    return fovea_fail_errno(err,
            error == EAGAIN ? FOVEA_ERR_BUSY : FOVEA_ERR_IO, error,
            "cannot send %s", name);
}

/* Move what descriptors came into the frame. False: there was more than fits,
   or something that is no descriptor; all that came must be closed. */
static bool
collect_fds(struct msghdr *message, struct fovea_frame *frame)
{
    bool good = !(message->msg_flags & MSG_CTRUNC);
    for (struct cmsghdr *item = CMSG_FIRSTHDR(message); item;
            item = CMSG_NXTHDR(message, item)) {
        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) {
            good = false;
            continue;
        }
        size_t n = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd = -1;
            memcpy(&fd, CMSG_DATA(item) + i * sizeof fd, sizeof fd);
            if (frame->n_fds < FOVEA_FRAME_MAX_FDS) {
                frame->fds[frame->n_fds++] = fd;
            } else {
                (void)close(fd);
                good = false;
            }
        }
    }
    return good;
}

static enum fovea_status
refuse(struct fovea_frame *frame, struct fovea_error *err, const char *what)
{
    fovea_frame_finish(frame);
    return fovea_fail(err, FOVEA_ERR_INTERNAL, "received %s", what);
}

enum fovea_status
fovea_frame_receive(int channel, uint8_t *buffer,
        enum fovea_received *received_out, struct fovea_frame *frame_out,
        struct fovea_error *err)
{
    union control control;
    struct iovec part = { .iov_base = buffer, .iov_len = FOVEA_FRAME_MAX_SIZE };
    struct msghdr message;
    ssize_t n = 0;
    do {
        message = (struct msghdr){
            .msg_iov = &part,
            .msg_iovlen = 1,
            .msg_control = &control,
            .msg_controllen = sizeof control,
        };
        n = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        int error = errno;
        if (error == EAGAIN) {
            *received_out = FOVEA_RECEIVED_NOTHING;
            return FOVEA_OK;
        }
        if (error == ECONNRESET) { /* it left something of ours unread */
            *received_out = FOVEA_RECEIVED_END;
            return FOVEA_OK;
        }
        return fovea_fail_errno(err, FOVEA_ERR_IO, error,
                "cannot receive from the channel");
    }
    struct fovea_frame frame = { .n_fds = 0 };
    bool has_all_fds = collect_fds(&message, &frame);
    if (message.msg_flags & MSG_TRUNC) {
        return refuse(&frame, err, "a frame that is too long");
    }
    if (!has_all_fds) {
        return refuse(&frame, err, "a frame with too many descriptors");
    }
    if (n == 0 && frame.n_fds == 0) {
        *received_out = FOVEA_RECEIVED_END;
        return FOVEA_OK;
    }
    enum fovea_status status =
            fovea_frame_parse(buffer, (size_t)n, &frame, err);
    if (status) {
        fovea_frame_finish(&frame);
        return status;
    }
    *received_out = FOVEA_RECEIVED_FRAME;
    *frame_out = frame;
    return FOVEA_OK;
}

enum fovea_status
fovea_frame_parse(const uint8_t *bytes, size_t size,
        struct fovea_frame *frame_out, struct fovea_error *err)
{
    struct fovea_reader reader;
    fovea_reader_init(&reader, bytes, size);
    unsigned type = fovea_read_u16(&reader);
    unsigned flags = fovea_read_u16(&reader);
    size_t length = fovea_read_u32(&reader);
    uint64_t id = fovea_read_u64(&reader);
    if (reader.bad) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "received %zu bytes, which is no frame", size);
    }
    if (type < FOVEA_FRAME_HELLO || type > FOVEA_FRAME_LAST) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "received a frame of the unknown type %u", type);
    }
    const char *name = fovea_frame_type_name((enum fovea_frame_type)type);
    if (flags != 0) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "received %s with unknown flags 0x%x", name, flags);
    }
    if (length != reader.left || length > FOVEA_FRAME_MAX_PAYLOAD) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "received %s that says %zu bytes and has %zu", name, length,
                reader.left);
    }
    frame_out->type = (enum fovea_frame_type)type;
    frame_out->id = id;
    frame_out->payload = reader.at;
    frame_out->size = length;
    return FOVEA_OK;
}
