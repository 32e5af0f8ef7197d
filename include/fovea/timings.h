/* What an item cost. */
#ifndef FOVEA_TIMINGS_H
#define FOVEA_TIMINGS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What an item cost, in nanoseconds; 0 where it did not get so far. */
struct fovea_timings {
    int64_t fetch_ns;
    int64_t queue_ns;
    int64_t decode_ns;
    int64_t forward_ns; /* its share of a forward pass */
    int64_t total_ns;   /* from submitting */
};

#ifdef __cplusplus
}
#endif

#endif
