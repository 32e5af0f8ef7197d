/* What a set is of, as texts and numbers in the table. */
#ifndef FOVEA_INDEX_SET_WORDS_H
#define FOVEA_INDEX_SET_WORDS_H

#include "index/query.h"
#include "index/set.h"

/** Read it from seven columns of a row; false for what is not valid. */
bool fovea_set_words_read(const struct fovea_query *query, int first_column,
        struct fovea_index_set_key *key_out);

/** Put the seven parameters. */
void fovea_set_words_put(struct fovea_query *query,
        const struct fovea_index_set_key *key);

/** Whether a key may be that of a set. */
bool fovea_set_words_are_valid(const struct fovea_index_set_key *key);

#endif
