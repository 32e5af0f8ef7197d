/*
 * The best rows of a query, of rows that come with bounds of their scores.
 *
 * Rows that may be among the best wait as candidates. When there are many, those
 * go whose upper bound is below the k-th best lower bound; where that is not
 * enough, and in the end, candidates get their true scores, the most promising
 * first, until the k-th best score is above all bounds that are left. So a row is
 * left out only if k others are better for sure; a row whose bound equals the
 * k-th score is looked at, because of equals the lower row comes first.
 *
 * Memory: FOVEA_BEST_CANDIDATES or 2 k candidates, and the hits.
 */
#ifndef FOVEA_STORE_BEST_H
#define FOVEA_STORE_BEST_H

#include "fovea/export.h"
#include "fovea/status.h"

#include "store/hit.h"

enum {
    FOVEA_BEST_CANDIDATES = 16384
};

struct fovea_candidate {
    uint64_t row;
    float lower;
    float upper;
};

/** The true score of a row. Fails as reading it does. */
typedef enum fovea_status fovea_best_score(void *context, uint64_t row,
        float *score_out, struct fovea_error *err);

/** All zeros but k, floor, score and context is an empty one. */
struct fovea_best {
    size_t k;      /* 0: all */
    float floor;   /* no score below it is a hit */
    float highest; /* no row with an upper bound below it can be a hit */
    fovea_best_score *score;
    void *context;
    struct fovea_candidate *candidates;
    size_t n;
    size_t capacity;
    struct fovea_hit *hits; /* with k a heap, the worst on top */
    size_t n_hits;
    size_t hits_capacity;
    float *bounds; /* [capacity + k]: to find the k-th best in */
    uint64_t n_scored;
};

FOVEA_NODISCARD enum fovea_status fovea_best_init(struct fovea_best *best,
        struct fovea_error *err);

void fovea_best_finish(struct fovea_best *best);

/** Look at a row: lower <= its score <= upper. */
FOVEA_NODISCARD enum fovea_status fovea_best_add(struct fovea_best *best,
        uint64_t row, float lower, float upper, struct fovea_error *err);

/** Score what is left and sort the hits, best first; hits and n_hits are what was
 *  asked for. */
FOVEA_NODISCARD enum fovea_status fovea_best_settle(struct fovea_best *best,
        struct fovea_error *err);

#endif
