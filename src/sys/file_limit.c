/* See file_limit.h. */
#include "sys/file_limit.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

static sigset_t
size_signal(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGXFSZ);
    return set;
}

void
fovea_file_limit_hold(struct fovea_file_limit *hold)
{
    const sigset_t set = size_signal();
    (void)pthread_sigmask(SIG_BLOCK, &set, &hold->before);
}

void
fovea_file_limit_release(const struct fovea_file_limit *hold)
{
    int error = errno;
    if (error == EFBIG) {
        const sigset_t set = size_signal();
        const struct timespec now = { 0 };
        (void)sigtimedwait(&set, NULL, &now);
    }
    (void)pthread_sigmask(SIG_SETMASK, &hold->before, NULL);
    errno = error;
}

const char *
fovea_file_limit_hint(int error)
{
    return error == EFBIG ? " (ulimit -f limits that too)" : "";
}
