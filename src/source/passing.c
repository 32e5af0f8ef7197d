/* See passing.h. */
#include "source/passing.h"

#include "base/clock.h"

#define MAX_PAUSE_NS (20 * FOVEA_NS_PER_S)

bool
fovea_may_pass(enum fovea_status status, long code)
{
    if (status) {
        return status == FOVEA_ERR_FETCH || status == FOVEA_ERR_FETCH_TIMEOUT;
    }
    switch (code) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
        return true;
    default:
        return false;
    }
}

int64_t
fovea_pause_after(unsigned n, int64_t first_ns)
{
    int64_t pause_ns = first_ns;
    for (; n > 0 && pause_ns < MAX_PAUSE_NS; n--) {
        pause_ns *= 2;
    }
    pause_ns = pause_ns < MAX_PAUSE_NS ? pause_ns : MAX_PAUSE_NS;
    int64_t quarter_ns = pause_ns / 4;
    return pause_ns - quarter_ns + fovea_clock_ns() % (2 * quarter_ns + 1);
}
