/* The end of a transaction: see folder.h. */
#include "base/error.h"
#include "index/appender.h"
#include "index/internal.h"
#include "index/query.h"
#include "index/set_list.h"

void
fovea_index_rollback(struct fovea_index_folder *folder)
{
    if (!folder->is_changing) {
        return;
    }
    /* The rows that were appended are none: others may come in their places. */
    fovea_appender_drop(folder);
    fovea_set_list_drop(folder);
    fovea_query_rollback(&folder->db);
    folder->is_changing = false;
    folder->has_failed = false;
}

static enum fovea_status
commit(struct fovea_index_folder *folder, struct fovea_error *err)
{
    if (folder->has_failed || sqlite3_get_autocommit(folder->db.sqlite)) {
        return fovea_fail(err, FOVEA_ERR_IO,
                "%s: a change failed before; all since the last commit are "
                "dropped",
                folder->path);
    }
    enum fovea_status status = fovea_appender_sync(folder, err);
    return status
            ? status
            : fovea_query_run(&folder->db, FOVEA_SQL_COMMIT, NULL, 0, err);
}

enum fovea_status
fovea_index_commit(struct fovea_index_folder *folder, struct fovea_error *err)
{
    if (!folder->is_changing) {
        return FOVEA_OK;
    }
    enum fovea_status status = commit(folder, err);
    if (status) {
        fovea_index_rollback(folder);
        return status;
    }
    folder->is_changing = false;
    folder->list.is_loaded =
            false; /* SQLite's version counts others' changes */
    return fovea_db_measure(&folder->db, err);
}
