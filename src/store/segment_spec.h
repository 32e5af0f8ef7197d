/* What a segment is: dimension, how values are stored, whose they are. */
#ifndef FOVEA_STORE_SEGMENT_SPEC_H
#define FOVEA_STORE_SEGMENT_SPEC_H

#include <stdint.h>

enum {
    FOVEA_SEGMENT_ROWS = 65536, /* a capacity that does for most */
    FOVEA_SEGMENT_MAX_ROWS = 1 << 20,
    FOVEA_SEGMENT_MAX_DIMENSION = 16384,
    FOVEA_SEGMENT_ID_SIZE = 16,
};

/** How values are stored; the numbers stand in files. */
enum fovea_store {
    FOVEA_STORE_F32 = 1,
    FOVEA_STORE_F16 = 2,
};

/** What a segment is: it stands in its header. */
struct fovea_segment_spec {
    uint8_t set_id[FOVEA_SEGMENT_ID_SIZE]; /* whose vectors these are */
    uint64_t number;                       /* which segment of the set */
    uint32_t dimension;                    /* 1..FOVEA_SEGMENT_MAX_DIMENSION */
    uint32_t capacity;                     /* rows, 1..FOVEA_SEGMENT_MAX_ROWS */
    enum fovea_store store;
};

#endif
