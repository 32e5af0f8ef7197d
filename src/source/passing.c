/* See passing.h. */
#include "source/passing.h"

#include "base/clock.h"
#include "base/pause.h"

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
    return fovea_pause_spread(
            fovea_pause_ns(first_ns, MAX_PAUSE_NS, (uint64_t)n + 1),
            (uint32_t)fovea_clock_ns());
}
