/* See index_handle.h. */
#include "runtime/index_handle.h"

#include <unistd.h>

#include "base/error.h"
#include "index/sets.h"

void
fovea_index_enter(struct fovea_index *index)
{
    (void)pthread_mutex_lock(&index->mutex);
}

void
fovea_index_leave(struct fovea_index *index)
{
    (void)pthread_mutex_unlock(&index->mutex);
}

enum fovea_status
fovea_index_check_handle(const struct fovea_index *index,
        struct fovea_error *err)
{
    if (!index) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "index is NULL");
    }
    return index->owner == getpid()
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_FORKED,
                      "the index was opened in the parent of this process; "
                      "open it again here");
}

enum fovea_status
fovea_index_set_ids(struct fovea_index *index,
        struct fovea_index_set_id **sets_out, size_t *n_out,
        struct fovea_error *err)
{
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    enum fovea_status status = fovea_index_sets(index->folder, &sets, &n, err);
    if (status) {
        return status;
    }
    struct fovea_index_set_id *ids = calloc(n + 1, sizeof *ids);
    if (!ids) {
        return fovea_fail_memory(err, (n + 1) * sizeof *ids, "sets");
    }
    for (size_t i = 0; i < n; i++) {
        ids[i].id = sets[i].id;
        ids[i].key = sets[i].key;
    }
    *sets_out = ids;
    *n_out = n;
    return FOVEA_OK;
}
