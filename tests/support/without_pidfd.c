/*
 * Run a program where the kernel seems to have no descriptors of processes, as
 * before Linux 5.3, under valgrind and behind some containers' filters:
 *
 *     without_pidfd ENOSYS|EPERM PROGRAM ARGUMENT...
 *
 * The calls that came with them or after them fail with that error, in the
 * program and in what it starts.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macros.h"

enum {
    EXIT_NOT_RUN = 99
};

#define REFUSE(call, error)                                \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), \
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))

static bool
refuse(unsigned error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REFUSE(pidfd_open, error),
        REFUSE(pidfd_send_signal, error),
        REFUSE(pidfd_getfd, error),
        REFUSE(close_range, error),
        REFUSE(openat2, error),
        REFUSE(faccessat2, error),
        REFUSE(epoll_pwait2, error),
        /* What libc itself falls back from only where it is not there. */
        REFUSE(clone3, ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {
        .len = FOVEA_ARRAY_LEN(filter),
        .filter = filter,
    };
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

int
main(int argc, char **argv)
{
    int error = argc > 2 && strcmp(argv[1], "EPERM") == 0 ? EPERM : ENOSYS;
    if (argc < 3 || !refuse((unsigned)error)) {
        perror("without_pidfd");
        return EXIT_NOT_RUN;
    }
    if (syscall(SYS_pidfd_open, getpid(), 0) >= 0 || errno != error ||
            syscall(SYS_pidfd_send_signal, -1, 0, NULL, 0) >= 0 ||
            errno != error) {
        (void)fputs("without_pidfd: there are descriptors of processes\n",
                stderr);
        return EXIT_NOT_RUN;
    }
    (void)execv(argv[2], argv + 2);
    perror(argv[2]);
    return EXIT_NOT_RUN;
}
