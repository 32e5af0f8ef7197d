/*
 * A process to be watched, signalled and waited for: by a descriptor of it
 * (pidfd), or, where the kernel or what stands before it (a filter of system
 * calls, valgrind) has none, by its number. Never by SIGCHLD, which is the
 * host's.
 */
#ifndef FOVEA_SYS_PROCESS_H
#define FOVEA_SYS_PROCESS_H

#include <signal.h>
#include <sys/types.h>

#include "fovea/status.h"

struct fovea_process {
    pid_t pid; /* 0: none */
    int fd;    /* readable when it has ended; -1: ask now and then with
                  fovea_process_has_ended() */
    bool is_child;
};

/** Fails only for a process that is not there: false, with errno. */
FOVEA_NODISCARD bool fovea_process_open(pid_t pid,
        struct fovea_process *process_out);

/** The process itself goes on. */
void fovea_process_close(struct fovea_process *process);

/** False, with errno: ESRCH if it has ended. A child that somebody else has
 *  waited for is no longer ours to signal: its number may be another's. */
FOVEA_NODISCARD bool fovea_process_signal(const struct fovea_process *process,
        int number);

/** Whether it has ended, without waiting; a child can still be waited for. */
bool fovea_process_has_ended(const struct fovea_process *process);

/** Whether a child is held still by a signal (SIGSTOP). */
bool fovea_process_is_stopped(const struct fovea_process *process);

/** Wait for a child and free its number. si_pid 0: somebody else did. */
siginfo_t fovea_process_wait(const struct fovea_process *process);

#endif
