/* The sets and segments that are open, as of the state of the index that is seen. */
#ifndef FOVEA_INDEX_SET_LIST_H
#define FOVEA_INDEX_SET_LIST_H

#include "index/internal.h"

/**
 * Bring the list up to date with the transaction that is open.
 *
 * @param is_gone_out  Set on failure: a segment's file is not there, as where it
 *                     was compacted since the transaction began.
 */
FOVEA_NODISCARD enum fovea_status fovea_set_list_load(
        struct fovea_index_folder *folder, bool *is_gone_out,
        struct fovea_error *err);

/** Close everything. */
void fovea_set_list_drop(struct fovea_index_folder *folder);

#endif
