/* Signals as a descriptor: see signals.h. */
#include "cli/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/macros.h"

enum fovea_status
fovea_signals_open(int *fd_out, struct fovea_error *err)
{
    static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
    sigset_t set;
    (void)sigemptyset(&set);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(ending); i++) {
        struct sigaction action;
        /* A blocked signal is delivered to the descriptor even if ignored. */
        if (sigaction(ending[i], NULL, &action) == 0 &&
                action.sa_handler != SIG_IGN) {
            (void)sigaddset(&set, ending[i]);
        }
    }
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    int fd = error ? -1 : signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, error ? error : errno,
                "cannot listen for signals");
    }
    *fd_out = fd;
    return FOVEA_OK;
}

int
fovea_signals_take(int fd)
{
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == (ssize_t)sizeof info
            ? (int)info.ssi_signo
            : 0;
}
