/*
 * What attention of short sequences works in, of one head: its size is known without
 * the kernels.
 */
#ifndef FOVEA_ENGINE_CPU_ATTEND_ROOM_H
#define FOVEA_ENGINE_CPU_ATTEND_ROOM_H

#include <stddef.h>

enum {
    FOVEA_ATTEND_ROWS = 4 /* of queries at a time */
};

struct fovea_attend_room {
    size_t key_width; /* keys, padded to whole lanes */
    size_t dim;       /* of a head, padded */
    float *keys;      /* [head_dim][key_width] */
    float *values;    /* [n_keys][dim] */
    float *queries;   /* [rows][head_dim] */
    float *scores;    /* [rows][key_width] */
    float *gathered;  /* [rows][dim] */
};

/**
 * Floats of scratch, and where in it what lies.
 *
 * @param scratch   NULL: it is only counted.
 * @param room_out  Written unless scratch is NULL.
 */
size_t fovea_attend_divide(size_t head_dim, size_t n_keys, float *scratch,
        struct fovea_attend_room *room_out);

#endif
