/* Frames: round trips over a real socket, what is refused, and that nothing
 * stays open when it is. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "support/test.h"
#include "sys/memfd.h"
#include "wire/bytes.h"
#include "wire/frame.h"

enum {
    MOST_FDS = 253 /* that the kernel passes in one message */
};

static uint8_t buffer[FOVEA_FRAME_MAX_SIZE];

/* System calls that a signal interrupts, so often. */
static int n_interruptions;

ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);

static bool
is_interrupted(void)
{
    if (n_interruptions == 0) {
        return false;
    }
    n_interruptions--;
    errno = EINTR;
    return true;
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    return is_interrupted() ? -1 : __real_sendmsg(fd, message, flags);
}

ssize_t
__wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
    return is_interrupted() ? -1 : __real_recvmsg(fd, message, flags);
}

static int
open_pair(void **state)
{
    static int pair[2];
    *state = pair;
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
            pair);
}

static int
close_pair(void **state)
{
    const int *pair = *state;
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0) {
            close(pair[i]);
        }
    }
    return 0;
}

static size_t
count_open(void)
{
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    size_t n = 0;
    while (readdir(directory)) {
        n++;
    }
    closedir(directory);
    return n;
}

/* A message of the socket as somebody hostile would send it. */
static void
send_raw(int channel, const void *bytes, size_t size, size_t n_fds)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(MOST_FDS * sizeof(int))];
    } control = { 0 };
    struct iovec part = { .iov_len = size };
    memcpy(&part.iov_base, &bytes, sizeof bytes);
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    if (n_fds) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
        struct cmsghdr *item = CMSG_FIRSTHDR(&message);
        item->cmsg_level = SOL_SOCKET;
        item->cmsg_type = SCM_RIGHTS;
        item->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
        for (size_t i = 0; i < n_fds; i++) {
            memcpy(CMSG_DATA(item) + i * sizeof(int), &channel, sizeof(int));
        }
    }
    assert_int_equal(sendmsg(channel, &message, 0), size);
}

static size_t
make_header(uint8_t *bytes, unsigned type, unsigned flags, size_t length)
{
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, FOVEA_FRAME_HEADER_SIZE);
    fovea_write_u16(&writer, (uint16_t)type);
    fovea_write_u16(&writer, (uint16_t)flags);
    fovea_write_u32(&writer, (uint32_t)length);
    fovea_write_u64(&writer, 7);
    return writer.size;
}

static enum fovea_received
receive(int channel, struct fovea_frame *frame)
{
    struct fovea_error error;
    enum fovea_received received = FOVEA_RECEIVED_NOTHING;
    assert_ok(fovea_frame_receive(channel, buffer, &received, frame, &error),
            &error);
    return received;
}

static void
assert_refused(int channel, const char *part)
{
    struct fovea_error error;
    struct fovea_frame frame;
    enum fovea_received received = FOVEA_RECEIVED_NOTHING;
    assert_fails(
            fovea_frame_receive(channel, buffer, &received, &frame, &error),
            &error, FOVEA_ERR_INTERNAL, part);
    assert_int_equal(received, FOVEA_RECEIVED_NOTHING);
}

static void
carries_payload_and_descriptors(void **state)
{
    const int *pair = *state;
    size_t n_open = count_open();
    struct fovea_error error;
    int fd = -1;
    assert_ok(fovea_memfd_from_bytes("test", "bytes", 5, &fd, &error), &error);
    int fds[2] = { fd, fd };
    assert_ok(fovea_frame_send(pair[0], FOVEA_FRAME_JOB, 0x123456789abcdef0,
                      "payload", 7, fds, 2, &error),
            &error);
    close(fd);

    struct fovea_frame frame;
    assert_int_equal(receive(pair[1], &frame), FOVEA_RECEIVED_FRAME);
    assert_int_equal(frame.type, FOVEA_FRAME_JOB);
    assert_int_equal(frame.id, 0x123456789abcdef0);
    assert_int_equal(frame.size, 7);
    assert_memory_equal(frame.payload, "payload", 7);
    assert_int_equal(frame.n_fds, 2);

    /* One is taken and outlives the frame, the other does not. */
    fd = fovea_frame_take_fd(&frame, 0);
    fovea_frame_finish(&frame);
    fovea_frame_finish(&frame);
    assert_int_equal(count_open(), n_open + 1);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fovea_memfd_is_sealed(fd));
    char text[6] = "";
    assert_int_equal(pread(fd, text, 5, 0), 5);
    assert_string_equal(text, "bytes");
    close(fd);
}

static void
carries_the_largest_and_the_smallest(void **state)
{
    const int *pair = *state;
    size_t n_open = count_open();
    struct fovea_error error;
    static uint8_t payload[FOVEA_FRAME_MAX_PAYLOAD];
    int fds[FOVEA_FRAME_MAX_FDS];
    for (size_t i = 0; i < sizeof payload; i++) {
        payload[i] = (uint8_t)(i * 31);
    }
    for (size_t i = 0; i < FOVEA_FRAME_MAX_FDS; i++) {
        fds[i] = pair[0];
    }
    assert_ok(fovea_frame_send(pair[0], FOVEA_FRAME_RESULT, 1, payload,
                      sizeof payload, fds, FOVEA_FRAME_MAX_FDS, &error),
            &error);
    struct fovea_frame frame;
    assert_int_equal(receive(pair[1], &frame), FOVEA_RECEIVED_FRAME);
    assert_int_equal(frame.size, sizeof payload);
    assert_memory_equal(frame.payload, payload, sizeof payload);
    assert_int_equal(frame.n_fds, FOVEA_FRAME_MAX_FDS);
    fovea_frame_finish(&frame);

    assert_ok(fovea_frame_send(pair[0], FOVEA_FRAME_HELLO, 0, NULL, 0, NULL, 0,
                      &error),
            &error);
    assert_int_equal(receive(pair[1], &frame), FOVEA_RECEIVED_FRAME);
    assert_int_equal(frame.size, 0);
    assert_int_equal(frame.n_fds, 0);

    assert_fails(fovea_frame_send(pair[0], FOVEA_FRAME_RESULT, 1, payload,
                         sizeof payload + 1, NULL, 0, &error),
            &error, FOVEA_ERR_INTERNAL, "do not fit");
    assert_fails(fovea_frame_send(pair[0], FOVEA_FRAME_RESULT, 1, NULL, 0, fds,
                         FOVEA_FRAME_MAX_FDS + 1, &error),
            &error, FOVEA_ERR_INTERNAL, "do not fit");
    assert_int_equal(count_open(), n_open);
}

static void
refuses_what_is_no_frame(void **state)
{
    const int *pair = *state;
    size_t n_open = count_open();
    static uint8_t bytes[FOVEA_FRAME_MAX_SIZE + 1];
    for (size_t size = 1; size < FOVEA_FRAME_HEADER_SIZE; size++) {
        (void)make_header(bytes, FOVEA_FRAME_HELLO, 0, 0);
        send_raw(pair[0], bytes, size, 3);
        assert_refused(pair[1], "no frame");
    }
    static const struct {
        unsigned type;
        unsigned flags;
        size_t length; /* that the header says */
        size_t size;   /* of the payload */
        const char *part;
    } wrong[] = {
        { 0, 0, 0, 0, "unknown type 0" },
        { FOVEA_FRAME_LAST + 1, 0, 0, 0, "unknown type 12" },
        { UINT16_MAX, 0, 0, 0, "unknown type 65535" },
        { FOVEA_FRAME_HELLO, 1, 0, 0, "HELLO with unknown flags 0x1" },
        { FOVEA_FRAME_HELLO, 0x8000, 0, 0, "flags 0x8000" },
        { FOVEA_FRAME_JOB, 0, 1, 0, "JOB that says 1 bytes and has 0" },
        { FOVEA_FRAME_JOB, 0, 0, 1, "says 0 bytes and has 1" },
        { FOVEA_FRAME_JOB, 0, UINT32_MAX, 8, "says 4294967295 bytes" },
        { FOVEA_FRAME_JOB, 0, FOVEA_FRAME_MAX_PAYLOAD + 1,
                FOVEA_FRAME_MAX_PAYLOAD + 1, "too long" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        size_t size = make_header(bytes, wrong[i].type, wrong[i].flags,
                wrong[i].length);
        send_raw(pair[0], bytes, size + wrong[i].size, 2);
        assert_refused(pair[1], wrong[i].part);
    }
    /* Not the end of the channel: it brought a descriptor. */
    send_raw(pair[0], bytes, 0, 1);
    assert_refused(pair[1], "no frame");
    assert_int_equal(count_open(), n_open);

    struct fovea_frame frame;
    assert_int_equal(receive(pair[1], &frame), FOVEA_RECEIVED_NOTHING);
}

static void
refuses_too_many_descriptors(void **state)
{
    const int *pair = *state;
    size_t n_open = count_open();
    uint8_t header[FOVEA_FRAME_HEADER_SIZE];
    size_t size = make_header(header, FOVEA_FRAME_JOB, 0, 0);
    for (size_t n = FOVEA_FRAME_MAX_FDS + 1; n <= MOST_FDS; n += 61) {
        send_raw(pair[0], header, size, n);
        assert_refused(pair[1], "too many descriptors");
        assert_int_equal(count_open(), n_open);
    }
}

static void
refuses_control_data_of_another_kind(void **state)
{
    const int *pair = *state;
    int on = 1;
    assert_int_equal(
            setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on), 0);
    size_t n_open = count_open();
    uint8_t header[FOVEA_FRAME_HEADER_SIZE];
    size_t size = make_header(header, FOVEA_FRAME_JOB, 0, 0);
    send_raw(pair[0], header, size, 1);
    assert_refused(pair[1], "descriptors");
    assert_int_equal(count_open(), n_open);
}

static void
sees_the_end(void **state)
{
    int *pair = *state;
    struct fovea_frame frame;
    struct fovea_error error;
    assert_int_equal(receive(pair[1], &frame), FOVEA_RECEIVED_NOTHING);

    /* What was sent before the end still comes. */
    assert_ok(fovea_frame_send(pair[0], FOVEA_FRAME_HELLO, 0, "x", 1, NULL, 0,
                      &error),
            &error);
    close(pair[0]);
    pair[0] = -1;
    assert_int_equal(receive(pair[1], &frame), FOVEA_RECEIVED_FRAME);
    assert_int_equal(receive(pair[1], &frame), FOVEA_RECEIVED_END);
    assert_int_equal(receive(pair[1], &frame), FOVEA_RECEIVED_END);

    /* SIGPIPE would end this test, also where it was started ignoring it. */
    const struct sigaction plain = { .sa_handler = SIG_DFL };
    assert_int_equal(sigaction(SIGPIPE, &plain, NULL), 0);
    assert_fails(fovea_frame_send(pair[1], FOVEA_FRAME_LOAD, 0, "x", 1, NULL, 0,
                         &error),
            &error, FOVEA_ERR_IO, "cannot send LOAD");
    assert_int_equal(error.sys_errno, EPIPE);
}

static void
sees_the_end_with_something_unread(void **state)
{
    int *pair = *state;
    struct fovea_frame frame;
    struct fovea_error error;
    assert_ok(fovea_frame_send(pair[1], FOVEA_FRAME_LOAD, 0, "x", 1, NULL, 0,
                      &error),
            &error);
    close(pair[0]);
    pair[0] = -1;
    assert_int_equal(receive(pair[1], &frame), FOVEA_RECEIVED_END);
}

static void
says_when_it_is_full(void **state)
{
    const int *pair = *state;
    struct fovea_error error;
    static const uint8_t payload[FOVEA_FRAME_MAX_PAYLOAD];
    enum fovea_status status = FOVEA_OK;
    for (int i = 0; i < 1000 && !status; i++) {
        status = fovea_frame_send(pair[0], FOVEA_FRAME_RESULT, 1, payload,
                sizeof payload, NULL, 0, &error);
    }
    assert_int_equal(status, FOVEA_ERR_BUSY);

    assert_fails(fovea_frame_send(-1, FOVEA_FRAME_RESULT, 1, NULL, 0, NULL, 0,
                         &error),
            &error, FOVEA_ERR_IO, "cannot send RESULT");
    struct fovea_frame frame;
    enum fovea_received received = FOVEA_RECEIVED_NOTHING;
    assert_fails(fovea_frame_receive(-1, buffer, &received, &frame, &error),
            &error, FOVEA_ERR_IO, "cannot receive");
}

static void
goes_on_after_an_interruption(void **state)
{
    const int *pair = *state;
    struct fovea_error error;
    struct fovea_frame frame;
    n_interruptions = 3;
    assert_ok(fovea_frame_send(pair[0], FOVEA_FRAME_LOAD, 0, "x", 1, pair, 1,
                      &error),
            &error);
    assert_int_equal(n_interruptions, 0);
    n_interruptions = 3;
    assert_int_equal(receive(pair[1], &frame), FOVEA_RECEIVED_FRAME);
    assert_int_equal(n_interruptions, 0);
    assert_int_equal(frame.size, 1);
    assert_int_equal(frame.n_fds, 1);
    fovea_frame_finish(&frame);
}

static void
every_type_has_a_name(void **state)
{
    (void)state;
    char all[128] = "";
    for (int type = -1; type < 20; type++) {
        const char *name = fovea_frame_type_name((enum fovea_frame_type)type);
        size_t size = strlen(all);
        if (strcmp(name, "unknown") != 0) {
            (void)snprintf(all + size, sizeof all - size, "%d %s ", type, name);
        }
    }
    assert_string_equal(all,
            "1 HELLO 2 LOAD 3 READY 4 FAILED 5 JOB "
            "6 DECODED 7 RESULT 8 NEED 9 GRANT 10 MEASURE 11 MEASURED ");
}

static void
never_writes_or_reads_past_the_end(void **state)
{
    (void)state;
    uint8_t bytes[8];
    memset(bytes, 0xee, sizeof bytes);
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, 4);
    fovea_write_u16(&writer, 0x0201);
    fovea_write_u32(&writer, 5);
    assert_true(writer.overflow);
    assert_int_equal(writer.size, 2);
    fovea_write_u8(&writer, 5); /* would fit, and comes too late */
    assert_int_equal(writer.size, 2);
    assert_memory_equal(bytes, "\x01\x02\xee\xee\xee\xee\xee\xee", 8);
    fovea_writer_init(&writer, bytes, 4);
    fovea_write_floats(&writer, NULL, SIZE_MAX / 2);
    assert_true(writer.overflow);

    struct fovea_reader reader;
    fovea_reader_init(&reader, bytes, 3);
    assert_int_equal(fovea_read_u16(&reader), 0x0201);
    assert_int_equal(fovea_read_u32(&reader), 0);
    assert_true(reader.bad);
    assert_int_equal(fovea_read_u8(&reader), 0);
    assert_false(fovea_reader_is_done(&reader));
    float values[1] = { 1 };
    fovea_reader_init(&reader, bytes, 3);
    fovea_read_floats(&reader, values, SIZE_MAX / 2);
    assert_true(reader.bad);
}

static void
keeps_strings_within_bounds(void **state)
{
    (void)state;
    uint8_t bytes[16];
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_write_string(&writer, "abc");
    char text[4];
    struct fovea_reader reader;
    fovea_reader_init(&reader, bytes, writer.size);
    fovea_read_string(&reader, text, 4);
    assert_true(fovea_reader_is_done(&reader));
    assert_string_equal(text, "abc");

    fovea_reader_init(&reader, bytes, writer.size);
    fovea_read_string(&reader, text, 3);
    assert_true(reader.bad);
    assert_string_equal(text, "");

    bytes[3] = '\0';
    fovea_reader_init(&reader, bytes, writer.size);
    fovea_read_string(&reader, text, 4);
    assert_true(reader.bad);
}

#define over_a_pair(test) \
    cmocka_unit_test_setup_teardown(test, open_pair, close_pair)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        over_a_pair(carries_payload_and_descriptors),
        over_a_pair(carries_the_largest_and_the_smallest),
        over_a_pair(refuses_what_is_no_frame),
        over_a_pair(refuses_too_many_descriptors),
        over_a_pair(refuses_control_data_of_another_kind),
        over_a_pair(sees_the_end),
        over_a_pair(sees_the_end_with_something_unread),
        over_a_pair(says_when_it_is_full),
        over_a_pair(goes_on_after_an_interruption),
        cmocka_unit_test(every_type_has_a_name),
        cmocka_unit_test(never_writes_or_reads_past_the_end),
        cmocka_unit_test(keeps_strings_within_bounds),
    };
    return cmocka_run_group_tests_name("wire_frame", tests, NULL, NULL);
}
