/* Processes, watched by a descriptor and without one. */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"
#include "sys/process.h"

/* A child that waits to be ended. */
static struct fovea_process
start(bool with_descriptor)
{
    struct fovea_process process;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        for (;;) {
            (void)pause();
        }
    }
    assert_true(fovea_process_open(pid, &process));
    assert_int_equal(process.pid, pid);
    if (!with_descriptor && process.fd >= 0) {
        (void)close(process.fd);
        process.fd = -1;
    }
    return process;
}

static void
wait_end(const struct fovea_process *process)
{
    while (!fovea_process_has_ended(process)) {
        struct pollfd end = { .fd = process->fd, .events = POLLIN };
        (void)poll(&end, 1, process->fd >= 0 ? -1 : 1);
    }
}

static void
check_an_end(bool with_descriptor)
{
    struct fovea_process process = start(with_descriptor);
    assert_false(fovea_process_has_ended(&process));
    assert_false(fovea_process_is_stopped(&process));
    assert_true(fovea_process_signal(&process, SIGSTOP));
    while (!fovea_process_is_stopped(&process)) {
        (void)sched_yield();
    }
    assert_true(fovea_process_signal(&process, SIGCONT));
    assert_true(fovea_process_signal(&process, SIGTERM));
    wait_end(&process);
    siginfo_t info = fovea_process_wait(&process);
    assert_int_equal(info.si_pid, process.pid);
    assert_int_equal(info.si_code, CLD_KILLED);
    assert_int_equal(info.si_status, SIGTERM);
    assert_true(fovea_process_has_ended(&process));
    assert_false(fovea_process_signal(&process, SIGTERM));
    assert_int_equal(errno, ESRCH);
    fovea_process_close(&process);
    assert_int_equal(process.fd, -1);
}

static void
its_end_is_seen(void **state)
{
    (void)state;
    check_an_end(true);
    check_an_end(false);
}

/* Its number may be another's by then: it must not be signalled. */
static void
a_child_that_somebody_else_waited_for_has_ended(void **state)
{
    (void)state;
    for (int with_descriptor = 0; with_descriptor < 2; with_descriptor++) {
        struct fovea_process process = start(with_descriptor);
        assert_true(fovea_process_signal(&process, SIGKILL));
        assert_int_equal(waitpid(process.pid, NULL, 0), process.pid);
        assert_true(fovea_process_has_ended(&process));
        assert_false(fovea_process_signal(&process, SIGKILL));
        assert_int_equal(errno, ESRCH);
        assert_int_equal(fovea_process_wait(&process).si_pid, 0);
        fovea_process_close(&process);
    }
}

static void
a_process_that_is_no_child_is_watched_too(void **state)
{
    (void)state;
    struct fovea_process process;
    assert_true(fovea_process_open(getppid(), &process));
    assert_false(process.is_child);
    assert_false(fovea_process_has_ended(&process));
    assert_true(fovea_process_signal(&process, 0));
    fovea_process_close(&process);
}

/* Whose parent has not waited for it yet. */
static void
a_zombie_of_another_has_ended(void **state)
{
    (void)state;
    struct fovea_process process = start(false);
    process.is_child = false;
    assert_false(fovea_process_has_ended(&process));
    assert_true(fovea_process_signal(&process, SIGKILL));
    wait_end(&process);
    assert_int_equal(fovea_process_wait(&process).si_pid, process.pid);
}

static void
one_that_is_not_there_cannot_be_opened(void **state)
{
    (void)state;
    struct fovea_process process = start(true);
    pid_t pid = process.pid;
    assert_true(fovea_process_signal(&process, SIGKILL));
    assert_int_equal(fovea_process_wait(&process).si_pid, pid);
    fovea_process_close(&process);
    assert_false(fovea_process_open(pid, &process));
    assert_int_equal(errno, ESRCH);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_end_is_seen),
        cmocka_unit_test(a_child_that_somebody_else_waited_for_has_ended),
        cmocka_unit_test(a_process_that_is_no_child_is_watched_too),
        cmocka_unit_test(a_zombie_of_another_has_ended),
        cmocka_unit_test(one_that_is_not_there_cannot_be_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
