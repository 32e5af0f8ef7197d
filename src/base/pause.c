/* Pauses that double: see pause.h. */
#include "base/pause.h"

int64_t
fovea_pause_ns(int64_t first_ns, int64_t most_ns, uint64_t n)
{
    int64_t pause_ns = n > 0 ? first_ns : 0;
    for (uint64_t i = 1; i < n && pause_ns < most_ns; i++) {
        if (__builtin_mul_overflow(pause_ns, 2, &pause_ns)) {
            pause_ns = most_ns;
        }
        if (pause_ns == 0) {
            break;
        }
    }
    return pause_ns < most_ns ? pause_ns : most_ns;
}

int64_t
fovea_pause_spread(int64_t pause_ns, uint32_t random)
{
    int64_t half_ns = pause_ns / 2;
    /* In two steps, as the product of the two could be too large. */
    int64_t step_ns = half_ns / UINT32_MAX;
    int64_t rest_ns = half_ns % UINT32_MAX;
    return pause_ns - step_ns * random -
            (int64_t)((uint64_t)rest_ns * random / UINT32_MAX);
}
