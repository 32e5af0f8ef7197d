/* What host and engine know of packed weights alike. */
#ifndef FOVEA_ENGINE_CPU_CPU_COST_H
#define FOVEA_ENGINE_CPU_CPU_COST_H

/* In front of the block of packed weights. */
enum {
    FOVEA_PACKED_HEADER_SIZE = 4096
};

#endif
