/*
 * The inputs that are most like a query, by the cosine of their embeddings.
 *
 * Results are added in the order of the inputs; only the best n stay in memory,
 * and the bad ones with what was wrong with them.
 */
#ifndef FOVEA_BULK_RANKING_H
#define FOVEA_BULK_RANKING_H

#include "base/text.h"
#include "bulk/row_result.h"
#include "store/neighbours.h"

struct fovea_ranking {
    struct fovea_neighbours neighbours; /* private */
    struct fovea_text bad;              /* JSON lines of bad inputs */
};

/** Begin. query: [dimension], of length 1, borrowed; n_best: 0 is all. */
void fovea_ranking_init(struct fovea_ranking *ranking, const float *query,
        size_t dimension, size_t n_best);

void fovea_ranking_finish(struct fovea_ranking *ranking);

/** Take the next n results. FOVEA_OK, FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_ranking_add(
        struct fovea_ranking *ranking, const struct fovea_row_result *results,
        size_t n, struct fovea_error *err);

/** Sort, and drop all but the best; before one of the next two. */
void fovea_ranking_settle(struct fovea_ranking *ranking);

/** A table for people: rank, cosine, name and notes. */
void fovea_ranking_table(const struct fovea_ranking *ranking,
        struct fovea_text *text);

/** {"rank":1,"cosine":0.98,"input":"cat.jpg"} a line, then the bad inputs. */
void fovea_ranking_json(const struct fovea_ranking *ranking,
        struct fovea_text *text);

#endif
