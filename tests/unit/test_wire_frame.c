/* Frames: round trips over a real socket, what is refused, and that nothing
 * stays open when it is. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memfd.h"
#include "test.h"
#include "wire/frame.h"

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

static void
carries_payload_and_descriptors(void **state)
{
    const int *pair = *state;
    static uint8_t buffer[FOVEA_FRAME_MAX_SIZE];
    struct fovea_error error;
    int fd = -1;
    assert_ok(fovea_memfd_from_bytes("test", "bytes", 5, &fd, &error), &error);
    assert_ok(fovea_frame_send(pair[0], FOVEA_FRAME_JOB, 0x123456789abcdef0,
                      "payload", 7, &fd, 1, &error),
            &error);
    close(fd);

    enum fovea_received received = FOVEA_RECEIVED_NOTHING;
    struct fovea_frame frame;
    assert_ok(fovea_frame_receive(pair[1], buffer, &received, &frame, &error),
            &error);
    assert_int_equal(received, FOVEA_RECEIVED_FRAME);
    assert_int_equal(frame.type, FOVEA_FRAME_JOB);
    assert_int_equal(frame.id, 0x123456789abcdef0);
    assert_int_equal(frame.size, 7);
    assert_memory_equal(frame.payload, "payload", 7);
    assert_int_equal(frame.n_fds, 1);

    fd = fovea_frame_take_fd(&frame, 0);
    fovea_frame_finish(&frame);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fovea_memfd_is_sealed(fd));
    char text[6] = "";
    assert_int_equal(pread(fd, text, 5, 0), 5);
    assert_string_equal(text, "bytes");
    close(fd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(carries_payload_and_descriptors,
                open_pair, close_pair),
    };
    return cmocka_run_group_tests_name("wire_frame", tests, NULL, NULL);
}
