/* How fast a count grows: see node_rate.h. */
#include "jobs/node_rate.h"

#include "base/clock.h"

#define STEP_NS (5 * FOVEA_NS_PER_S)

static void
mark(struct fovea_node_rate *rate, uint64_t count, int64_t now_ns)
{
    if (rate->n == FOVEA_NODE_RATE_MARKS) {
        rate->first = (rate->first + 1) % FOVEA_NODE_RATE_MARKS;
        rate->n--;
    }
    size_t last = (rate->first + rate->n) % FOVEA_NODE_RATE_MARKS;
    rate->marks[last].at_ns = now_ns;
    rate->marks[last].count = count;
    rate->n++;
}

void
fovea_node_rate_begin(struct fovea_node_rate *rate, int64_t now_ns)
{
    *rate = (struct fovea_node_rate){ .n = 0 };
    mark(rate, 0, now_ns);
}

double
fovea_node_rate_take(struct fovea_node_rate *rate, uint64_t count,
        int64_t now_ns)
{
    size_t last = (rate->first + rate->n - 1) % FOVEA_NODE_RATE_MARKS;
    int64_t since_ns = now_ns - rate->marks[rate->first].at_ns;
    uint64_t grown = count - rate->marks[rate->first].count;
    if (now_ns - rate->marks[last].at_ns >= STEP_NS) {
        mark(rate, count, now_ns);
    }
    return since_ns > 0
            ? (double)grown * (double)FOVEA_NS_PER_S / (double)since_ns
            : 0;
}
