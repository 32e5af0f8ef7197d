/* Two rows and how alike they are. */
#ifndef FOVEA_STORE_PAIR_H
#define FOVEA_STORE_PAIR_H

#include <stdint.h>

struct fovea_pair {
    uint64_t first; /* rows in the order of the segments; first < second */
    uint64_t second;
    float score;
};

#endif
