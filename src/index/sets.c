/* See sets.h. */
#include "index/sets.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/text.h"
#include "index/appender.h"
#include "index/change.h"
#include "index/query.h"
#include "index/set_list.h"
#include "index/set_words.h"
#include "index/snapshot.h"

enum fovea_status
fovea_index_sets(struct fovea_index_folder *folder,
        const struct fovea_index_set **sets_out, size_t *n_out,
        struct fovea_error *err)
{
    bool begun = false;
    enum fovea_status status = fovea_snapshot_enter(folder, &begun, err);
    if (status) {
        return status;
    }
    fovea_snapshot_leave(folder, begun);
    *sets_out = folder->list.sets;
    *n_out = folder->list.n_sets;
    return FOVEA_OK;
}

static enum fovea_status
fail_model(const struct fovea_index_folder *folder, const char *model,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text models = { 0 };
    for (size_t i = 0; i < folder->list.n_sets; i++) {
        fovea_text_format(&models, "%s%s", i > 0 ? ", " : "",
                folder->list.sets[i].key.model);
    }
    return fovea_fail(err, FOVEA_ERR_INDEX_MODEL,
            "%s: the index has no vectors of %s; it has %s", folder->path,
            model,
            models.size > 0 && !models.failed ? models.data : "none yet");
}

enum fovea_status
fovea_index_set_find(struct fovea_index_folder *folder, const char *model,
        const struct fovea_index_set **set_out, struct fovea_error *err)
{
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    enum fovea_status status = fovea_index_sets(folder, &sets, &n, err);
    if (status) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(sets[i].key.model, model) == 0) {
            *set_out = &sets[i];
            return FOVEA_OK;
        }
    }
    return fail_model(folder, model, err);
}

/* Whether the model has a set; the list is of the transaction then. */
static enum fovea_status
check_new(struct fovea_index_folder *folder,
        const struct fovea_index_set_key *key, struct fovea_error *err)
{
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    if (!fovea_set_words_are_valid(key)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%s: what a set is to be is not valid", folder->path);
    }
    enum fovea_status status = fovea_index_sets(folder, &sets, &n, err);
    for (size_t i = 0; !status && i < n; i++) {
        if (strcmp(sets[i].key.model, key->model) == 0) {
            status = fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "%s: the index has a set of %s", folder->path, key->model);
        }
    }
    return status;
}

static enum fovea_status
add(struct fovea_index_folder *folder, const struct fovea_index_set_key *key,
        struct fovea_error *err)
{
    uint8_t uuid[FOVEA_SEGMENT_ID_SIZE];
    if (getrandom(uuid, sizeof uuid, 0) != (ssize_t)sizeof uuid) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno, "getrandom");
    }
    struct fovea_query query = fovea_query(&folder->db, FOVEA_SQL_SET_ADD, err);
    fovea_query_put_bytes(&query, uuid, sizeof uuid);
    fovea_set_words_put(&query, key);
    (void)fovea_query_step(&query);
    return fovea_query_end(&query);
}

enum fovea_status
fovea_index_set_add(struct fovea_index_folder *folder,
        const struct fovea_index_set_key *key, int64_t *id_out,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_index_change(folder, err);
    if (!status) {
        status = check_new(folder, key, err);
    }
    if (!status) {
        status = add(folder, key, err);
    }
    if (!status) {
        *id_out = sqlite3_last_insert_rowid(folder->db.sqlite);
    }
    return fovea_index_changed(folder, status);
}

enum fovea_status
fovea_index_set_remove(struct fovea_index_folder *folder, int64_t id,
        struct fovea_error *err)
{
    static const enum fovea_sql steps[] = { FOVEA_SQL_SET_ROWS_REMOVE,
        FOVEA_SQL_SET_TOMBSTONES_REMOVE, FOVEA_SQL_SET_SEGMENTS_REMOVE,
        FOVEA_SQL_SET_REMOVE };
    const struct fovea_index_set *set = NULL;
    enum fovea_status status = fovea_index_change(folder, err);
    if (!status) {
        status = fovea_snapshot_set(folder, id, &set, err);
    }
    if (!status) {
        /* Its segment may not get rows any more. */
        status = fovea_appender_sync(folder, err);
    }
    for (size_t i = 0; !status && i < FOVEA_ARRAY_LEN(steps); i++) {
        status = fovea_query_run(&folder->db, steps[i], &id, 1, err);
    }
    if (!status) {
        fovea_appender_drop(folder);
        folder->list.is_loaded = false;
    }
    return fovea_index_changed(folder, status);
}
