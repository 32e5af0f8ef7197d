/*
 * What a process may do that is sealed as an unpacker. Each case runs in a process
 * of its own: the call must work there, then the process is sealed, then it must
 * work, be refused with EPERM, or end the process with SIGSYS.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "support/test.h"

enum {
    MAX_MEMORY = 16 << 20,
    EXIT_BEFORE = 200, /* the call did not even work before the seal */
    EXIT_SEAL = 201,
};

static int other_fd; /* a pipe's end that is neither input nor output */

static int
outcome(long result)
{
    return result < 0 ? errno : 0;
}

static int
reads_input(void)
{
    char byte;
    return outcome(read(STDIN_FILENO, &byte, 1));
}

static int
seeks_in_input(void)
{
    return outcome(lseek(STDIN_FILENO, 0, SEEK_SET));
}

static int
writes_output(void)
{
    return outcome(write(STDOUT_FILENO, "x", 1));
}

static int
takes_memory(void)
{
    void *block = malloc(4 << 20);
    int error = block ? 0 : ENOMEM;
    free(block);
    return error;
}

static int
reads_another(void)
{
    char byte;
    return outcome(read(other_fd, &byte, 1));
}

static int
seeks_in_another(void)
{
    return outcome(lseek(other_fd, 0, SEEK_SET));
}

static int
writes_another(void)
{
    return outcome(write(STDERR_FILENO, "", 0));
}

static int
writes_pieces(void)
{
    char byte = 'x';
    struct iovec piece = { &byte, 1 };
    return outcome(writev(STDOUT_FILENO, &piece, 1));
}

static int
opens(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return outcome(fd);
}

static int
maps_code(void)
{
    void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return code == MAP_FAILED ? errno : 0;
}

static int
reads_by_place(void)
{
    char byte;
    return outcome(pread(STDIN_FILENO, &byte, 1, 0));
}

static int
makes_a_socket(void)
{
    return outcome(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int
makes_a_pipe(void)
{
    int ends[2];
    return outcome(pipe2(ends, O_CLOEXEC));
}

static int
forks(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    return outcome(pid > 0 ? waitpid(pid, NULL, 0) : pid);
}

static int
copies_its_input(void)
{
    return outcome(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
}

static int
closes_its_input(void)
{
    int fd = STDIN_FILENO;
    return outcome(close(fd));
}

static int
maps_a_file(void)
{
    void *file = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, STDIN_FILENO, 0);
    return file == MAP_FAILED ? errno : 0;
}

static int
signals_itself(void)
{
    return outcome(kill(getpid(), 0));
}

static void
prepare(void)
{
    int input = memfd_create("input", MFD_CLOEXEC);
    int ends[2];
    if (input < 0 || write(input, "xyz", 3) != 3 || lseek(input, 0, SEEK_SET) ||
            pipe2(ends, O_CLOEXEC) || dup2(input, STDIN_FILENO) < 0 ||
            dup2(ends[1], STDOUT_FILENO) < 0) {
        _exit(EXIT_BEFORE);
    }
    other_fd = dup(input);
    fovea_sandbox_drop_capabilities();
}

/* 0 or an errno of the call after the seal; minus the signal that it ended with. */
static int
after_the_seal(int (*call)(void), bool first)
{
    const struct fovea_sandbox_profile profile = {
        .rules = FOVEA_SANDBOX_RULES_UNPACKER,
        .channel_fd = STDOUT_FILENO,
        .log_fd = -1,
        .memory_bytes = MAX_MEMORY,
        .max_files = 64,
    };
    (void)fflush(stdout);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prepare();
        if (first && call()) {
            _exit(EXIT_BEFORE);
        }
        if (fovea_sandbox_seal(&profile, NULL)) {
            _exit(EXIT_SEAL);
        }
        _exit(call());
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void
its_input_and_output_are_its_own(void **state)
{
    (void)state;
    assert_int_equal(after_the_seal(reads_input, true), 0);
    assert_int_equal(after_the_seal(seeks_in_input, true), 0);
    assert_int_equal(after_the_seal(writes_output, true), 0);
    assert_int_equal(after_the_seal(takes_memory, true), 0);
}

static void
nothing_else_is(void **state)
{
    (void)state;
    static int (*const refused[])(void) = { reads_another, seeks_in_another,
        writes_another, writes_pieces, opens, maps_code, maps_a_file };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        int found = after_the_seal(refused[i], true);
        if (found != EPERM) {
            fail_msg("call %zu: %d", i, found);
        }
    }
}

static void
what_nothing_asks_for_kills(void **state)
{
    (void)state;
    static int (*const killing[])(void) = { reads_by_place, makes_a_socket,
        makes_a_pipe, forks, copies_its_input, signals_itself };
    for (size_t i = 0; i < sizeof killing / sizeof killing[0]; i++) {
        int found = after_the_seal(killing[i], true);
        if (found != -SIGSYS) {
            fail_msg("call %zu: %d", i, found);
        }
    }
    assert_int_equal(after_the_seal(closes_its_input, false), -SIGSYS);
}

static int
takes_too_much_memory(void)
{
    void *block = malloc(MAX_MEMORY + (1 << 20));
    int error = block ? 0 : ENOMEM;
    free(block);
    return error;
}

static void
memory_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(after_the_seal(takes_too_much_memory, true), ENOMEM);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_input_and_output_are_its_own),
        cmocka_unit_test(nothing_else_is),
        cmocka_unit_test(what_nothing_asks_for_kills),
        cmocka_unit_test(memory_is_bounded),
    };
    if (!FOVEA_HAS_SANDBOX) {
        (void)puts("1..0 # SKIP built without the sandbox");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
