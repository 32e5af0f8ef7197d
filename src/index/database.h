/* Opening index.sqlite, as it and its folder allow. */
#ifndef FOVEA_INDEX_DATABASE_H
#define FOVEA_INDEX_DATABASE_H

#include "index/db.h"

/** Look at the first bytes of the index.sqlite of a folder, which is only read:
 *  FOVEA_ERR_INDEX_DAMAGED if it is no index of fovea's, FOVEA_ERR_INDEX_NEWER.
 *  has_log_out may be NULL. */
FOVEA_NODISCARD enum fovea_status fovea_database_look(const struct fovea_db *db,
        int folder_fd, bool *has_log_out, struct fovea_error *err);

/**
 * Open the index.sqlite of a folder and check that it is one.
 *
 * Local folders have a log (WAL), so that readers and the writer do not wait for
 * each other. The log's index is shared memory; on remote file systems there is a
 * rollback journal instead. Where the folder may not be written and nobody writes,
 * the file is read as one that does not change.
 *
 * @param db  name is the folder's path; to be closed, also on failure.
 */
FOVEA_NODISCARD enum fovea_status fovea_database_open(struct fovea_db *db,
        int folder_fd, bool can_write, struct fovea_error *err);

#endif
