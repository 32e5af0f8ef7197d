/*
 * What attention works in: its size is known without the kernels, and is enough for
 * each of them.
 */
#ifndef FOVEA_ENGINE_CPU_ATTEND_ROOM_H
#define FOVEA_ENGINE_CPU_ATTEND_ROOM_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/cpu/element.h"

enum {
    FOVEA_ATTEND_ROWS = 32,    /* of queries at a time, at most */
    FOVEA_ATTEND_COLUMNS = 32, /* of a panel, at most */
};

/* One head's. */
struct fovea_attend_room {
    size_t key_depth;   /* units of a head */
    size_t value_depth; /* units of all keys */
    size_t score_stride;
    bool keeps_panels; /* all of a head's, not one at a time */
    void *keys;        /* panels, [panel][key_depth][columns] */
    void *values;      /* [panel][value_depth][columns] */
    void *queries;     /* [rows][key_depth], where they do not lie so */
    void *staged;      /* rows of keys, values or what is gathered, likewise */
    float *scores;     /* [rows][score_stride] */
    float *gathered;   /* [rows][columns] */
    float *inverse;    /* [rows] */
};

/* Of an attention: at most so many queries, keys and columns of a head. */
struct fovea_attend_size {
    size_t n_queries;
    size_t n_keys;
    size_t head_dim;
    enum fovea_element element;
};

/** Bytes of scratch. */
size_t fovea_attend_scratch_size(const struct fovea_attend_size *size);

/** What lies where in it. */
struct fovea_attend_room fovea_attend_divide(
        const struct fovea_attend_size *size, void *scratch);

#endif
