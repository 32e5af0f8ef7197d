/* See snapshot.h. */
#include "index/snapshot.h"

#include <inttypes.h>

#include "base/error.h"
#include "index/query.h"
#include "index/set_list.h"

/* A compaction may remove segments between the state that is seen and their being
   opened: then there is a later state to be seen. */
static enum fovea_status
begin(struct fovea_index_folder *folder, struct fovea_error *err)
{
    for (;;) {
        int64_t version = folder->list.data_version;
        bool is_gone = false;
        enum fovea_status status =
                fovea_query_begin(&folder->db, FOVEA_SQL_BEGIN, err);
        if (status) {
            return status;
        }
        status = fovea_set_list_load(folder, &is_gone, err);
        if (!status) {
            return FOVEA_OK;
        }
        fovea_query_rollback(&folder->db);
        if (!is_gone || folder->list.data_version == version) {
            return status;
        }
        fovea_error_clear(err);
    }
}

enum fovea_status
fovea_snapshot_enter(struct fovea_index_folder *folder, bool *begun_out,
        struct fovea_error *err)
{
    bool is_gone = false;
    *begun_out = false;
    if (folder->in_snapshot) {
        return FOVEA_OK;
    }
    if (folder->is_changing) {
        return fovea_set_list_load(folder, &is_gone, err);
    }
    enum fovea_status status = begin(folder, err);
    *begun_out = !status;
    return status;
}

void
fovea_snapshot_leave(struct fovea_index_folder *folder, bool begun)
{
    if (begun) {
        fovea_query_rollback(&folder->db);
    }
}

enum fovea_status
fovea_index_snapshot_begin(struct fovea_index_folder *folder,
        struct fovea_error *err)
{
    bool begun = false;
    FOVEA_ASSERT(!folder->in_snapshot);
    enum fovea_status status = fovea_snapshot_enter(folder, &begun, err);
    folder->in_snapshot = !status;
    return status;
}

void
fovea_index_snapshot_end(struct fovea_index_folder *folder)
{
    if (folder->in_snapshot && !folder->is_changing) {
        fovea_query_rollback(&folder->db);
    }
    folder->in_snapshot = false;
}

static const struct fovea_index_set *
find(const struct fovea_index_folder *folder, int64_t id)
{
    for (size_t i = 0; folder->list.is_loaded && i < folder->list.n_sets; i++) {
        if (folder->list.sets[i].id == id) {
            return &folder->list.sets[i];
        }
    }
    return NULL;
}

enum fovea_status
fovea_snapshot_set(struct fovea_index_folder *folder, int64_t id,
        const struct fovea_index_set **set_out, struct fovea_error *err)
{
    const struct fovea_index_set *set = find(folder, id);
    if (!set) {
        bool begun = false;
        enum fovea_status status = fovea_snapshot_enter(folder, &begun, err);
        if (status) {
            return status;
        }
        fovea_snapshot_leave(folder, begun);
        set = find(folder, id);
    }
    if (!set) {
        return fovea_fail(err, FOVEA_ERR_INDEX_MODEL,
                "%s: the index has no set %" PRId64, folder->path, id);
    }
    *set_out = set;
    return FOVEA_OK;
}
