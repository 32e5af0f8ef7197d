/*
 * Processes: see process.h.
 *
 * A filter of system calls may refuse each of the calls on its own, with
 * whatever error its author chose, so each falls back by itself.
 */
#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"

/* Look at a child by its number, leaving it to be waited for: -1 it is none of
   ours (any more), 0 it lives, 1 it has ended. */
static int
look_at_child(pid_t pid)
{
    siginfo_t info = { 0 };
    int rc = 0;
    do {
        rc = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
    } while (rc && errno == EINTR);
    return rc ? -1 : info.si_pid == pid;
}

/* Signal 0 only asks; EPERM is an answer too. */
static bool
is_there(pid_t pid)
{
    return kill(pid, 0) == 0 || errno == EPERM;
}

/* A stranger that has ended stays until its own parent has waited for it. */
static bool
is_zombie(pid_t pid)
{
    char path[32];
    char text[64];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FOVEA_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (n <= 0) {
        return false;
    }
    text[n] = '\0';
    const char *name_end = strrchr(text, ')'); /* "123 (fovea) Z ..." */
    return name_end && strncmp(name_end, ") Z", 3) == 0;
}

bool
fovea_process_open(pid_t pid, struct fovea_process *process_out)
{
    *process_out = (struct fovea_process){ .pid = pid };
    process_out->fd = pidfd_open(pid, 0);
    process_out->is_child = look_at_child(pid) >= 0;
    return process_out->fd >= 0 || process_out->is_child || is_there(pid);
}

void
fovea_process_close(struct fovea_process *process)
{
    if (process->fd >= 0) {
        (void)close(process->fd);
    }
    *process = (struct fovea_process){ .fd = -1 };
}

bool
fovea_process_signal(const struct fovea_process *process, int number)
{
    if (process->fd >= 0 &&
            pidfd_send_signal(process->fd, number, NULL, 0) == 0) {
        return true;
    }
    if (process->fd >= 0 && errno == ESRCH) {
        return false;
    }
    if (process->is_child && look_at_child(process->pid) < 0) {
        errno = ESRCH;
        return false;
    }
    return kill(process->pid, number) == 0;
}

bool
fovea_process_has_ended(const struct fovea_process *process)
{
    if (process->fd >= 0) {
        struct pollfd end = { .fd = process->fd, .events = POLLIN };
        return poll(&end, 1, 0) == 1;
    }
    return process->is_child
            ? look_at_child(process->pid) != 0
            : !is_there(process->pid) || is_zombie(process->pid);
}

bool
fovea_process_is_stopped(const struct fovea_process *process)
{
    siginfo_t info = { 0 };
    return process->is_child &&
            waitid(P_PID, (id_t)process->pid, &info,
                    WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
            info.si_pid == process->pid;
}

siginfo_t
fovea_process_wait(const struct fovea_process *process)
{
    siginfo_t info = { 0 };
    idtype_t kind = process->fd >= 0 ? P_PIDFD : P_PID;
    id_t id = (id_t)(process->fd >= 0 ? process->fd : process->pid);
    while (waitid(kind, id, &info, WEXITED) && errno != ECHILD) {
        if (errno != EINTR) {
            kind = P_PID;
            id = (id_t)process->pid;
        }
    }
    return info;
}
