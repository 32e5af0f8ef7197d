/* See compact.h. */
#include "index/compact.h"

#include "base/error.h"
#include "index/appender.h"
#include "index/change.h"
#include "index/compact_group.h"
#include "index/folder_size.h"
#include "index/segment_place.h"
#include "index/sets.h"
#include "index/snapshot.h"

/* One group, committed. *group_out is what was done; n 0: nothing was left. */
static enum fovea_status
compact_next(struct fovea_index_folder *folder, int64_t set_id, size_t from,
        struct fovea_compact_progress *progress,
        struct fovea_compact_group *group_out, struct fovea_error *err)
{
    const struct fovea_index_set *set = NULL;
    enum fovea_status status = fovea_snapshot_set(folder, set_id, &set, err);
    if (!status) {
        status = fovea_compact_find(folder, set, from, group_out, err);
    }
    if (status || group_out->n == 0) {
        return status;
    }
    status = fovea_index_change(folder, err);
    if (!status) {
        status = fovea_compact_rewrite(folder, set, group_out, progress, err);
    }
    if (status) {
        fovea_index_rollback(folder);
        return status;
    }
    status = fovea_index_commit(folder, err);
    /* The files that nobody needs any more. Who still reads them has them open. */
    (void)!fovea_index_segments_sweep(folder, NULL);
    return status;
}

static enum fovea_status
compact_set(struct fovea_index_folder *folder, int64_t set_id,
        struct fovea_compact_progress *progress, uint64_t *n_tombstones,
        struct fovea_error *err)
{
    size_t from = 0;
    for (;;) {
        struct fovea_compact_group group = { 0 };
        enum fovea_status status =
                compact_next(folder, set_id, from, progress, &group, err);
        if (status || group.n == 0) {
            return status;
        }
        *n_tombstones += group.n_tombstones;
        from = group.first + (group.n_live > 0);
    }
}

/* Pages of index.sqlite that are free go back to the file system. What hinders
   that (a reader, a full disk) loses nothing. */
static void
shrink(struct fovea_index_folder *folder)
{
    (void)!fovea_db_run_text(&folder->db, "PRAGMA incremental_vacuum", NULL);
    (void)!fovea_db_run_text(&folder->db, "PRAGMA wal_checkpoint(TRUNCATE)",
            NULL);
}

static enum fovea_status
compact_all(struct fovea_index_folder *folder, const int64_t *ids, size_t n,
        struct fovea_compact_progress *progress, uint64_t *n_tombstones,
        struct fovea_error *err)
{
    for (size_t i = 0; i < n; i++) {
        enum fovea_status status =
                compact_set(folder, ids[i], progress, n_tombstones, err);
        if (status) {
            return status;
        }
    }
    shrink(folder);
    return FOVEA_OK;
}

enum fovea_status
fovea_index_compact(struct fovea_index_folder *folder,
        const struct fovea_index_check_calls *calls,
        struct fovea_index_compacted *done_out, struct fovea_error *err)
{
    struct fovea_index_compacted done = { .before_bytes = fovea_folder_size(
                                                  folder->fd) };
    struct fovea_compact_progress progress = { .calls = calls };
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    enum fovea_status status = fovea_index_change(folder, err);
    status = status ? status : fovea_index_commit(folder, err);
    status = status ? status : fovea_index_sets(folder, &sets, &n, err);
    if (status) {
        return status;
    }
    fovea_appender_drop(folder);
    FOVEA_AUTO_FREE int64_t *ids = calloc(n + 1, sizeof *ids);
    if (!ids) {
        return fovea_fail_memory(err, (n + 1) * sizeof *ids, "sets");
    }
    for (size_t i = 0; i < n; i++) {
        ids[i] = sets[i].id;
        progress.n_total += sets[i].n_live;
    }
    status = compact_all(folder, ids, n, &progress, &done.n_tombstones, err);
    if (!status) {
        done.after_bytes = fovea_folder_size(folder->fd);
        *done_out = done;
    }
    return status;
}
