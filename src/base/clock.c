/* Time: see clock.h. */
#include "base/clock.h"

#include <time.h>

#include "base/macros.h"

static int64_t
read_clock(clockid_t clock)
{
    struct timespec now = { 0 };
    /* Cannot fail with these clocks and a valid pointer. */
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * FOVEA_NS_PER_S + now.tv_nsec;
}

int64_t
fovea_clock_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t
fovea_clock_thread_ns(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

void
fovea_clock_init_cond(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    FOVEA_ASSERT(pthread_condattr_init(&attributes) == 0);
    FOVEA_ASSERT(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    FOVEA_ASSERT(pthread_cond_init(cond, &attributes) == 0);
    (void)pthread_condattr_destroy(&attributes);
}

bool
fovea_clock_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_ns)
{
    const struct timespec until = {
        .tv_sec = (time_t)(until_ns / FOVEA_NS_PER_S),
        .tv_nsec = (long)(until_ns % FOVEA_NS_PER_S),
    };
    return pthread_cond_timedwait(cond, mutex, &until) == 0;
}
