/*
 * The rows that are most like a query, exactly.
 *
 * A score is the cosine of the query and a row's stored values, as
 * fovea_score() (store/score.h) computes it, -1 to 1. The scan reads codes, a
 * byte a number; from them a bound from above and from below follows for every
 * score (store/codes.h), and rows that the bounds do not settle are ranked again
 * from their values. What comes out equals, always, what a scan of all stored
 * values gives: the same rows, the same scores, in the same order.
 *
 * Memory: a block of codes, 400 KiB a query or 40 bytes a hit, and the hits.
 *
 * Threads: no shared state; concurrent scans of the same segments are safe.
 */
#ifndef FOVEA_STORE_SCAN_H
#define FOVEA_STORE_SCAN_H

#include <stdbool.h>

#include "store/hit.h"
#include "store/kernels.h"
#include "store/segment.h"

/** Rows and their order: the rows of the first segment, then of the second, ... */
struct fovea_scan {
    const struct fovea_segment *const
            *segments; /* of one dimension; borrowed */
    size_t n_segments;
    const uint64_t
            *mask;   /* bit i % 64 of word i / 64: row i counts. NULL: all */
    size_t k;        /* the best so many; 0: all */
    float min_score; /* and no others than these; -1: all */
    bool (*is_cancelled)(void *context); /* asked every block; NULL: never */
    void *context;
    const struct fovea_kernel *kernel; /* NULL: the best that this CPU runs */
};

/**
 * Scan for the best rows of each query.
 *
 * @param queries   [n_queries][dimension], row-major, finite, none all zeros; of
 *                  any length.
 * @param hits_out  n_queries of them; set on success, all zeros else.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT for a query without a direction, a
 *         min_score that is no number, or segments of different dimensions;
 *         FOVEA_ERR_CANCELLED; FOVEA_ERR_INDEX_DAMAGED; FOVEA_ERR_IO;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_scan_run(const struct fovea_scan *scan,
        const float *queries, size_t n_queries, struct fovea_hits *hits_out,
        struct fovea_error *err);

#endif
