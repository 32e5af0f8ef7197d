/* What a worker says of a picture, as an index keeps it. */
#ifndef FOVEA_INDEXING_FACTS_H
#define FOVEA_INDEXING_FACTS_H

#include "fovea/stream.h"

#include "index/contents.h"

/** Write down what is known, if anything is. */
void fovea_facts_keep(const struct fovea_stream_result *result,
        struct fovea_index_content *content);

#endif
