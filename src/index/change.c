/* See change.h. */
#include "index/change.h"

#include "base/error.h"
#include "index/query.h"

/* SQLite ends a transaction by itself where the disk is full, and statements
   would each be one of their own from then on. */
static bool
is_lost(const struct fovea_index_folder *folder)
{
    return folder->has_failed || sqlite3_get_autocommit(folder->db.sqlite);
}

enum fovea_status
fovea_index_change(struct fovea_index_folder *folder, struct fovea_error *err)
{
    if (!folder->can_write) {
        return fovea_fail(err, FOVEA_ERR_INDEX_READ_ONLY,
                "%s: the index was opened for reading", folder->path);
    }
    FOVEA_ASSERT(!folder->in_snapshot);
    if (!folder->is_changing) {
        enum fovea_status status =
                fovea_query_begin(&folder->db, FOVEA_SQL_BEGIN_WRITE, err);
        folder->is_changing = !status;
        folder->has_failed = false;
        return status;
    }
    return is_lost(folder)
            ? fovea_fail(err, FOVEA_ERR_IO,
                      "%s: a change failed before; all since the last commit "
                      "are dropped",
                      folder->path)
            : FOVEA_OK;
}

enum fovea_status
fovea_index_changed(struct fovea_index_folder *folder, enum fovea_status status)
{
    if (status && status != FOVEA_ERR_ARGUMENT && status != FOVEA_ERR_NO_ITEM &&
            status != FOVEA_ERR_INDEX_MODEL) {
        folder->has_failed = true;
    }
    return status;
}
