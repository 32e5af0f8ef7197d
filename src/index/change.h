/* The transaction that changes of an index belong to. */
#ifndef FOVEA_INDEX_CHANGE_H
#define FOVEA_INDEX_CHANGE_H

#include "index/internal.h"

/**
 * Begin a transaction, unless there is one, before something is changed.
 *
 * @return FOVEA_OK; FOVEA_ERR_INDEX_READ_ONLY if it was opened for reading;
 *         FOVEA_ERR_IO if the transaction's earlier changes are lost.
 */
FOVEA_NODISCARD enum fovea_status fovea_index_change(
        struct fovea_index_folder *folder, struct fovea_error *err);

/** Note how a change went, and return that. One that failed half-way takes the
 *  transaction with it; what was refused before anything was done does not. */
enum fovea_status fovea_index_changed(struct fovea_index_folder *folder,
        enum fovea_status status);

#endif
