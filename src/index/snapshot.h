/* One state of the index, with its sets: for each read of more than one step. */
#ifndef FOVEA_INDEX_SNAPSHOT_H
#define FOVEA_INDEX_SNAPSHOT_H

#include "index/internal.h"

/**
 * See the sets of the state that is seen already, or of one that begins here.
 *
 * @param begun_out  Whether one began: to be given to fovea_snapshot_leave().
 */
FOVEA_NODISCARD enum fovea_status fovea_snapshot_enter(
        struct fovea_index_folder *folder, bool *begun_out,
        struct fovea_error *err);

void fovea_snapshot_leave(struct fovea_index_folder *folder, bool begun);

/** The set of a number; FOVEA_ERR_INDEX_MODEL. Its rows may be those of a state
 *  before. Borrowed until the list changes. */
FOVEA_NODISCARD enum fovea_status fovea_snapshot_set(
        struct fovea_index_folder *folder, int64_t id,
        const struct fovea_index_set **set_out, struct fovea_error *err);

#endif
