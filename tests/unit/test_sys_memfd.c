/* Files in memory: what is written stays, what is sealed cannot be changed, and
 * nothing stays open where something failed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"
#include "sys/memfd.h"

/* What the next calls come to: errno, a short write, or the real thing. */
static int write_error;
static size_t write_most;
static int create_error;

ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
int __real_memfd_create(const char *name, unsigned flags);
int __wrap_memfd_create(const char *name, unsigned flags);

ssize_t
__wrap_write(int fd, const void *bytes, size_t size)
{
    if (write_error) {
        errno = write_error;
        write_error = write_error == EINTR ? 0 : write_error;
        return -1;
    }
    return __real_write(fd, bytes,
            write_most && write_most < size ? write_most : size);
}

int
__wrap_memfd_create(const char *name, unsigned flags)
{
    if (create_error) {
        errno = create_error;
        return -1;
    }
    return __real_memfd_create(name, flags);
}

static int
reset(void **state)
{
    (void)state;
    write_error = 0;
    write_most = 0;
    create_error = 0;
    return 0;
}

/* The lowest free descriptor: the same before and after if none leaked. */
static int
next_descriptor(void)
{
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    assert_true(fd >= 0);
    close(fd);
    return fd;
}

static void
keeps_bytes_and_lets_nobody_change_them(void **state)
{
    (void)state;
    struct fovea_error error;
    int fd = -1;
    assert_ok(fovea_memfd_from_bytes("test", "0123456789", 10, &fd, &error),
            &error);
    assert_true(fovea_memfd_is_sealed(fd));
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    char bytes[11] = "";
    assert_int_equal(pread(fd, bytes, 10, 0), 10);
    assert_string_equal(bytes, "0123456789");
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(ftruncate(fd, 5), -1);
    assert_int_equal(ftruncate(fd, 50), -1);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
    assert_ptr_equal(mmap(NULL, 10, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    close(fd);

    assert_ok(fovea_memfd_from_bytes("empty", NULL, 0, &fd, &error), &error);
    struct stat info;
    assert_int_equal(fstat(fd, &info), 0);
    assert_int_equal(info.st_size, 0);
    close(fd);
}

static void
grows_until_it_is_sealed(void **state)
{
    (void)state;
    struct fovea_error error;
    int fd = -1;
    assert_ok(fovea_memfd_create("test", &fd, &error), &error);
    write_most = 3;
    write_error = EINTR;
    assert_ok(fovea_memfd_write(fd, "01234", 5, &error), &error);
    assert_ok(fovea_memfd_write(fd, "56789", 5, &error), &error);
    assert_false(fovea_memfd_is_sealed(fd));
    assert_ok(fovea_memfd_seal(fd, &error), &error);
    assert_true(fovea_memfd_is_sealed(fd));
    assert_fails(fovea_memfd_write(fd, "x", 1, &error), &error, FOVEA_ERR_IO,
            "cannot write");
    assert_fails(fovea_memfd_seal(fd, &error), &error, FOVEA_ERR_IO,
            "cannot seal");
    char bytes[11] = "";
    assert_int_equal(pread(fd, bytes, 10, 0), 10);
    assert_string_equal(bytes, "0123456789");
    close(fd);
}

static void
is_not_sealed_by_half(void **state)
{
    (void)state;
    struct fovea_error error;
    int fd = -1;
    assert_ok(fovea_memfd_create("test", &fd, &error), &error);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK), 0);
    assert_false(fovea_memfd_is_sealed(fd));
    close(fd);
    assert_false(fovea_memfd_is_sealed(-1));
    assert_false(fovea_memfd_is_sealed(STDERR_FILENO));
}

static void
leaves_nothing_open_on_failure(void **state)
{
    (void)state;
    struct fovea_error error;
    int fd = -7;
    int next = next_descriptor();
    write_error = ENOSPC;
    assert_fails(fovea_memfd_from_bytes("test", "x", 1, &fd, &error), &error,
            FOVEA_ERR_NO_MEMORY, "cannot write 1 bytes");
    write_error = EIO;
    assert_fails(fovea_memfd_from_bytes("test", "x", 1, &fd, &error), &error,
            FOVEA_ERR_IO, "cannot write 1 bytes");
    create_error = ENOMEM;
    assert_fails(fovea_memfd_from_bytes("test", "x", 1, &fd, &error), &error,
            FOVEA_ERR_NO_MEMORY, "for test");
    create_error = EMFILE;
    assert_fails(fovea_memfd_create("test", &fd, &error), &error, FOVEA_ERR_IO,
            "for test");
    assert_int_equal(fd, -7);
    assert_int_equal(next_descriptor(), next);
}

/* In a process that SIGXFSZ would end, with a limit on the size of files. */
static int
write_too_much(void)
{
    static const char bytes[4096];
    const struct rlimit limit = { 100, 100 };
    struct fovea_error error;
    int fd = -1;
    (void)signal(SIGXFSZ, SIG_DFL);
    if (setrlimit(RLIMIT_FSIZE, &limit) ||
            fovea_memfd_from_bytes("test", bytes, sizeof bytes, &fd, &error) !=
                    FOVEA_ERR_IO ||
            !strstr(error.message, "ulimit -f")) {
        return 1;
    }
    sigset_t pending;
    sigset_t blocked;
    (void)sigpending(&pending);
    (void)pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    return sigismember(&pending, SIGXFSZ) || sigismember(&blocked, SIGXFSZ);
}

static void
too_large_is_an_error_and_no_signal(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(write_too_much());
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_bytes_and_lets_nobody_change_them),
        cmocka_unit_test_teardown(grows_until_it_is_sealed, reset),
        cmocka_unit_test(is_not_sealed_by_half),
        cmocka_unit_test_teardown(leaves_nothing_open_on_failure, reset),
        cmocka_unit_test_teardown(too_large_is_an_error_and_no_signal, reset),
    };
    return cmocka_run_group_tests_name("base_memfd", tests, NULL, NULL);
}
