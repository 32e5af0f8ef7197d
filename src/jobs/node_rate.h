/* How fast a count grows: over the last minute, or since it began. Pure. */
#ifndef FOVEA_JOBS_NODE_RATE_H
#define FOVEA_JOBS_NODE_RATE_H

#include <stddef.h>
#include <stdint.h>

enum {
    FOVEA_NODE_RATE_MARKS = 13, /* the last minute, in steps of five seconds */
};

/** All zero but begun by fovea_node_rate_begin(). */
struct fovea_node_rate {
    struct {
        int64_t at_ns;
        uint64_t count;
    } marks[FOVEA_NODE_RATE_MARKS]; /* a ring */
    size_t first;
    size_t n;
};

void fovea_node_rate_begin(struct fovea_node_rate *rate, int64_t now_ns);

/** The count now; a second's growth. */
double fovea_node_rate_take(struct fovea_node_rate *rate, uint64_t count,
        int64_t now_ns);

#endif
