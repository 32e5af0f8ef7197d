/* Of the files that are gone, which pictures are. */
#ifndef FOVEA_INDEXING_GONE_H
#define FOVEA_INDEXING_GONE_H

#include "indexing/gather.h"

/**
 * Count the files that are gone and have no other file of the same content: they
 * were not renamed, nor copied before.
 *
 * @param gathered  With the list of what is gone of the root.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY; as the functions of the index.
 */
FOVEA_NODISCARD enum fovea_status fovea_gone_count_lost(
        struct fovea_index_folder *folder, int64_t root,
        const struct fovea_gathered *gathered, uint64_t *n_out,
        struct fovea_error *err);

#endif
