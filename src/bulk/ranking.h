/*
 * The inputs that are most like a query, by the cosine of their embeddings.
 *
 * Results are added in the order of the inputs; only the best n stay in
 * memory, and the bad ones with what was wrong with them.
 */
#ifndef FOVEA_BULK_RANKING_H
#define FOVEA_BULK_RANKING_H

#include "base/text.h"
#include "bulk/output.h"

/** An input and how like the query it is. */
struct fovea_ranked {
    char *name;     /* owned */
    char *note;     /* owned: the sentence; NULL: there are no notes */
    uint32_t notes; /* of enum fovea_note */
    float cosine;   /* -1 to 1 */
    uint64_t place; /* among the inputs: decides between equals */
};

/** All zero but query, dimension and n_best is an empty one. */
struct fovea_ranking {
    const float *query; /* [dimension], of length 1; borrowed */
    size_t dimension;
    size_t n_best; /* 0: all */
    struct fovea_ranked *ranked;
    size_t n_ranked;
    size_t capacity;
    uint64_t n_seen;
    struct fovea_text bad; /* JSON lines of bad inputs */
};

void fovea_ranking_finish(struct fovea_ranking *ranking);

/** A fovea_collect_fn; context: the ranking. FOVEA_OK, FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_ranking_add(void *context,
        const struct fovea_row_result *results, size_t n,
        struct fovea_error *err);

/** Sort, and drop all but the best; before one of the next two. */
void fovea_ranking_settle(struct fovea_ranking *ranking);

/** A table for people: rank, cosine, name and notes. */
void fovea_ranking_table(const struct fovea_ranking *ranking,
        struct fovea_text *text);

/** {"rank":1,"cosine":0.98,"input":"cat.jpg"} a line, then the bad inputs. */
void fovea_ranking_json(const struct fovea_ranking *ranking,
        struct fovea_text *text);

#endif
