/* Time: see clock.h. */
#include "base/clock.h"

#include <time.h>

int64_t
fovea_clock_ns(void)
{
    struct timespec now = { 0 };
    /* Cannot fail with this clock and a valid pointer. */
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * FOVEA_NS_PER_S + now.tv_nsec;
}
