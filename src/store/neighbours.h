/*
 * The nearest neighbours of a vector among rows that come one after the other,
 * by the cosine as the scan of stored rows has it (store/score.h). Only the best n
 * stay in memory.
 */
#ifndef FOVEA_STORE_NEIGHBOURS_H
#define FOVEA_STORE_NEIGHBOURS_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

struct fovea_neighbour {
    float cosine;   /* -1 to 1 */
    uint64_t place; /* among the rows: decides between equals */
    void *item;     /* what the caller knows the row by */
};

/** All zero but query, dimension, n_best and free_item is an empty one. */
struct fovea_neighbours {
    const float *query; /* [dimension], of length 1; borrowed */
    size_t dimension;
    size_t n_best; /* 0: all */
    void (*free_item)(void *item);
    struct fovea_neighbour *all;
    size_t n;
    size_t capacity;
    uint64_t n_seen;
    double square; /* of the query */
};

void fovea_neighbours_finish(struct fovea_neighbours *neighbours);

/**
 * Look at the next row.
 *
 * @param row   [dimension], of length 1.
 * @param item  Taken, also on failure: freed once the row is none of the best.
 * @return FOVEA_OK or FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_neighbours_add(
        struct fovea_neighbours *neighbours, const float *row, void *item,
        struct fovea_error *err);

/** Sort, nearest first, and drop all but the best. */
void fovea_neighbours_settle(struct fovea_neighbours *neighbours);

#endif
