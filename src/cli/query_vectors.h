/*
 * The vectors of a query: of pictures that the index has they are read from it,
 * which starts no worker; all others are embedded by the set's model.
 */
#ifndef FOVEA_CLI_QUERY_VECTORS_H
#define FOVEA_CLI_QUERY_VECTORS_H

#include "cli/query_words.h"
#include "cli/search_request.h"
#include "index/sets.h"

struct fovea_query_vectors {
    float *vectors;    /* [n][dimension]; owned */
    float *weights;    /* [n]: 1, or -1 of what is subtracted; owned */
    int64_t *contents; /* [n]: of the index; 0: it does not have it; owned */
    size_t n;
    size_t n_embedded; /* by workers */
};

/**
 * Get them. Within a snapshot, which the set is of.
 *
 * A file counts as the index's if the index knows it, unchanged since, or, where
 * it lies elsewhere or was changed, if the index has its bytes.
 *
 * @return FOVEA_OK; FOVEA_ERR_INDEX_MODEL if the model's weights are not those of
 *         the set; what became of the first bad word, with its name; as
 *         fovea_open() and fovea_model_open(). To be finished in any case.
 */
FOVEA_NODISCARD enum fovea_status fovea_query_vectors_get(
        const struct fovea_search_request *request,
        struct fovea_index_folder *folder, const struct fovea_index_set *set,
        struct fovea_query_vectors *vectors_out, struct fovea_error *err);

void fovea_query_vectors_finish(struct fovea_query_vectors *vectors);

#endif
