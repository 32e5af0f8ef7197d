/* See passing.h. */
#include "source/passing.h"

#include "base/clock.h"
#include "base/pause.h"

#define MAX_PAUSE_NS (20 * FOVEA_NS_PER_S)

bool
fovea_code_may_pass(long code)
{
    enum {
        TIMEOUT = 408,
        TOO_MANY = 429,
        BROKEN =
                500, /* and what is beyond: proxies have numbers of their own */
        NOT_IMPLEMENTED = 501,
        OTHER_VERSION = 505
    };
    return code == TIMEOUT || code == TOO_MANY ||
            (code >= BROKEN && code != NOT_IMPLEMENTED &&
                    code != OTHER_VERSION);
}

bool
fovea_may_pass(enum fovea_status status, long code)
{
    return status == FOVEA_ERR_FETCH || status == FOVEA_ERR_FETCH_TIMEOUT ||
            ((!status || status == FOVEA_ERR_FETCH_STATUS) &&
                    fovea_code_may_pass(code));
}

int64_t
fovea_pause_after(unsigned n, int64_t first_ns)
{
    return fovea_pause_spread(
            fovea_pause_ns(first_ns, MAX_PAUSE_NS, (uint64_t)n + 1),
            (uint32_t)fovea_clock_ns());
}
