/* What a search finds. */
#ifndef FOVEA_STORE_HIT_H
#define FOVEA_STORE_HIT_H

#include <stddef.h>
#include <stdint.h>

struct fovea_hit {
    uint64_t row; /* in the order of the scan */
    float score;  /* -1 to 1 */
};

struct fovea_hits {
    struct fovea_hit
            *hits; /* best first, of equals the lower row first; owned */
    size_t n;
    uint64_t n_scanned;  /* rows that count */
    uint64_t n_reranked; /* of them, those whose values were read */
};

/** Free what it has. Fine on all zeros. */
void fovea_hits_finish(struct fovea_hits *hits);

#endif
