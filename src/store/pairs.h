/*
 * All pairs of rows that are alike: whose score (store/score.h) reaches a
 * threshold. As exact as the scan, by the same bounds.
 *
 * The rows are cut into panels, and each panel is compared with what is not
 * before it, a chunk of rows at a time. Chunks are shared out among threads; what
 * they find comes in the order of panels and chunks, the same with any number of
 * threads.
 *
 * Memory: a panel of codes (1 MiB about), and for each thread a chunk of them, the
 * bounds of a tile and what a chunk and a panel have in common: up to 12 MiB,
 * where all rows are alike.
 */
#ifndef FOVEA_STORE_PAIRS_H
#define FOVEA_STORE_PAIRS_H

#include <stdbool.h>

#include "store/kernels.h"
#include "store/pair.h"
#include "store/segment.h"

struct fovea_pairs {
    const struct fovea_segment *const *segments; /* as of struct fovea_scan */
    size_t n_segments;
    const uint64_t *mask;
    float threshold;
    unsigned n_threads; /* 1 or more; the caller's is one of them */

    /**
     * Take what was found. By any of the threads, one at a time.
     *
     * @param pairs  [n], by first row, then second; n may be 0. Borrowed.
     * @param done   of total: how far it is.
     * @return FOVEA_OK, or what the search is to fail with.
     */
    enum fovea_status (*found)(void *context, const struct fovea_pair *pairs,
            size_t n, uint64_t done, uint64_t total, struct fovea_error *err);
    bool (*is_cancelled)(
            void *context); /* by any thread at any time, or NULL */
    void *context;
    const struct fovea_kernel *kernel; /* NULL: the best that this CPU runs */
};

/**
 * Find them.
 *
 * @param n_reranked_out  On success: pairs whose values were compared.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT for a threshold that is not a number or
 *         segments of different dimensions; FOVEA_ERR_CANCELLED;
 *         FOVEA_ERR_INDEX_DAMAGED; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY; what
 *         found() said.
 */
FOVEA_NODISCARD enum fovea_status fovea_pairs_run(
        const struct fovea_pairs *pairs, uint64_t *n_reranked_out,
        struct fovea_error *err);

#endif
