/*
 * What the seal does to a process besides refusing calls, seen from outside:
 * code that can no longer be written, and no capability left.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "support/test.h"

enum {
    PAGE = 4096,
    ANSWER = 42,
};

/* A sealed process that waits for the end of the other side. */
struct sealed {
    pid_t pid;
    int leash;
};

static uint8_t *page; /* of code; the same in parent and child */

static enum fovea_status
seal(int channel)
{
    const struct fovea_sandbox_profile profile = {
        .channel_fd = channel,
        .log_fd = -1,
        .memory_bytes = 1 << 26,
        .max_files = 16,
    };
    return fovea_sandbox_seal(&profile, NULL);
}

static int
run_code(void)
{
    int (*code)(void) = NULL;
    memcpy(&code, &page, sizeof code);
    return code();
}

/* It tells what its code gives; on a byte it writes over that. */
static void
live_sealed(int channel)
{
    const struct sigaction plain = { .sa_handler = SIG_DFL };
    if (sigaction(SIGSEGV, &plain, NULL) || seal(channel)) {
        _exit(1);
    }
    uint8_t byte = (uint8_t)run_code();
    struct iovec part = { &byte, 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    if (sendmsg(channel, &message, MSG_NOSIGNAL) != 1) {
        _exit(2);
    }
    if (recvmsg(channel, &message, 0) == 1) {
        *(volatile uint8_t *)page = 0xc3;
    }
    _exit(0);
}

static struct sealed
begin(void)
{
    int ends[2];
    uint8_t byte = 0;
    assert_int_equal(
            socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    (void)fflush(NULL);
    struct sealed sealed = { fork(), ends[1] };
    assert_true(sealed.pid >= 0);
    if (sealed.pid == 0) {
        (void)close(ends[1]);
        live_sealed(ends[0]);
    }
    (void)close(ends[0]);
    assert_int_equal(read(sealed.leash, &byte, 1), 1);
    assert_int_equal(byte, ANSWER);
    return sealed;
}

static int
end(struct sealed *sealed, bool write_over)
{
    int status = 0;
    if (write_over) {
        assert_int_equal(write(sealed->leash, "", 1), 1);
    }
    (void)close(sealed->leash);
    assert_int_equal(waitpid(sealed->pid, &status, 0), sealed->pid);
    return status;
}

static FILE *
open_facts(const struct sealed *sealed, const char *name)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)sealed->pid, name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    return file;
}

/* mov eax, 42; ret */
static int
write_code(void **state)
{
    (void)state;
    static const uint8_t code[] = { 0xb8, ANSWER, 0, 0, 0, 0xc3 };
    page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return -1;
    }
    memcpy(page, code, sizeof code);
    return run_code() == ANSWER ? 0 : -1;
}

static void
no_memory_is_written_and_executed(void **state)
{
    (void)state;
    struct sealed sealed = begin();
    FILE *maps = open_facts(&sealed, "maps");
    char line[512];
    size_t n = 0;
    bool has_code = false;
    while (fgets(line, sizeof line, maps)) {
        const char *rights = strchr(line, ' ');
        assert_non_null(rights);
        assert_false(rights[2] == 'w' && rights[3] == 'x');
        has_code |=
                strtoul(line, NULL, 16) == (uintptr_t)page && rights[3] == 'x';
        n++;
    }
    (void)fclose(maps);
    assert_true(n > 10);
    assert_true(has_code);
    assert_int_equal(end(&sealed, false), 0);
}

static void
code_cannot_be_written_over(void **state)
{
    (void)state;
    struct sealed sealed = begin();
    int status = end(&sealed, true);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
}

static void
no_capability_is_left(void **state)
{
    (void)state;
    struct sealed sealed = begin();
    FILE *facts = open_facts(&sealed, "status");
    char line[512];
    size_t n = 0;
    while (fgets(line, sizeof line, facts)) {
        bool is_bound = strncmp(line, "CapBnd:", 7) == 0;
        if (strncmp(line, "Cap", 3) == 0 && (!is_bound || geteuid() == 0)) {
            assert_string_equal(line + 7, "\t0000000000000000\n");
            n++;
        }
        if (strncmp(line, "NoNewPrivs:", 11) == 0) {
            assert_string_equal(line + 11, "\t1\n");
            n++;
        }
    }
    (void)fclose(facts);
    assert_true(n >= 5);
    assert_int_equal(end(&sealed, false), 0);
}

static void *
wait_for_end(void *argument)
{
    int *fd = argument;
    char byte;
    (void)!read(*fd, &byte, 1);
    return NULL;
}

/* A thread that was started before capabilities were given up keeps its own. */
static void
a_thread_with_capabilities_is_not_overlooked(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        return;
    }
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int ends[2];
        pthread_t thread;
        struct fovea_error error;
        const struct fovea_sandbox_profile profile = { .log_fd = -1,
            .memory_bytes = 1 << 26,
            .max_files = 16 };
        if (pipe2(ends, O_CLOEXEC) ||
                pthread_create(&thread, NULL, wait_for_end, &ends[0])) {
            _exit(1);
        }
        _exit(fovea_sandbox_seal(&profile, &error) == FOVEA_ERR_SANDBOX &&
                                strstr(error.message, "capabilities")
                        ? 0
                        : 2);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int
main(void)
{
    if (!FOVEA_HAS_SANDBOX) {
        (void)puts("1..0 # SKIP built without the sandbox");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_is_written_and_executed),
        cmocka_unit_test(code_cannot_be_written_over),
        cmocka_unit_test(no_capability_is_left),
        cmocka_unit_test(a_thread_with_capabilities_is_not_overlooked),
    };
    return cmocka_run_group_tests_name("sandbox_seal", tests, write_code, NULL);
}
