/* See thread.h. */
#include "base/thread.h"

#include <signal.h>

int
fovea_thread_create(pthread_t *thread_out, void *(*run)(void *context),
        void *context)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    int error = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (!error) {
        error = pthread_create(thread_out, NULL, run, context);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    return error;
}
