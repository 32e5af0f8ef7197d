/* Time: nanoseconds of CLOCK_MONOTONIC, which no one sets, or of a thread's work. */
#ifndef FOVEA_BASE_CLOCK_H
#define FOVEA_BASE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define FOVEA_NS_PER_MS INT64_C(1000000)
#define FOVEA_NS_PER_S  INT64_C(1000000000)

/** Now; only differences mean anything. */
int64_t fovea_clock_ns(void);

/** What the calling thread has worked, on a CPU; only differences mean anything. */
int64_t fovea_clock_thread_ns(void);

/** A time plus a wait; INT64_MAX, which never comes, if that is too far. */
static inline int64_t
fovea_later(int64_t time_ns, int64_t by_ns)
{
    int64_t sum;
    return __builtin_add_overflow(time_ns, by_ns, &sum) ? INT64_MAX : sum;
}

/** Initialise a condition whose waits end by this clock. */
void fovea_clock_init_cond(pthread_cond_t *cond);

/** Wait on it until it is signalled, or woken for nothing, or the time has come:
 *  false then. */
bool fovea_clock_wait(pthread_cond_t *cond, pthread_mutex_t *mutex,
        int64_t until_ns);

#endif
