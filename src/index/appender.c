/* See appender.h. */
#include "index/appender.h"

#include "base/error.h"
#include "index/query.h"
#include "index/segment_place.h"

static struct fovea_index_appender *
find(struct fovea_index_folder *folder, int64_t set)
{
    for (size_t i = 0; i < folder->n_appenders; i++) {
        if (folder->appenders[i].set == set) {
            return &folder->appenders[i];
        }
    }
    struct fovea_index_appender *all = reallocarray(folder->appenders,
            folder->n_appenders + 1, sizeof *folder->appenders);
    if (!all) {
        return NULL;
    }
    folder->appenders = all;
    struct fovea_index_appender *appender = &all[folder->n_appenders++];
    *appender = (struct fovea_index_appender){ .set = set };
    return appender;
}

static enum fovea_status
sync_one(struct fovea_index_appender *appender, struct fovea_error *err)
{
    if (!appender->is_dirty) {
        return FOVEA_OK;
    }
    enum fovea_status status = fovea_segment_sync(appender->segment, err);
    appender->is_dirty = status != FOVEA_OK;
    return status;
}

static void
close_one(struct fovea_index_appender *appender)
{
    fovea_segment_close(FOVEA_TAKE(appender->segment));
    appender->is_dirty = false;
}

static bool
is_full(const struct fovea_segment *segment)
{
    return fovea_segment_n_rows(segment) >=
            fovea_segment_describe(segment)->capacity;
}

/* The last segment of the set, if it has one. */
static enum fovea_status
open_last(struct fovea_index_folder *folder, const struct fovea_index_set *set,
        struct fovea_index_appender *appender, struct fovea_error *err)
{
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_SEGMENT_LAST, err);
    uint64_t n_rows = 0;
    int64_t id = 0;
    fovea_query_put(&query, set->id);
    if (fovea_query_step(&query)) {
        id = fovea_query_number(&query, 0);
        n_rows = (uint64_t)fovea_query_number(&query, 1);
    }
    enum fovea_status status = fovea_query_end(&query);
    if (status || id == 0) {
        return status;
    }
    const struct fovea_segment_spec spec = fovea_index_segment_spec(set, id);
    FOVEA_AUTO_FREE char *path = fovea_index_segment_path(folder, id);
    if (!path) {
        return fovea_fail_memory(err, 64, "a segment's path");
    }
    appender->segment_id = id;
    return fovea_segment_open(path, &spec, n_rows, FOVEA_SEGMENT_APPEND,
            &appender->segment, err);
}

static enum fovea_status
create_next(struct fovea_index_folder *folder,
        const struct fovea_index_set *set,
        struct fovea_index_appender *appender, struct fovea_error *err)
{
    enum fovea_status status = fovea_query_run(&folder->db,
            FOVEA_SQL_SEGMENT_ADD, &set->id, 1, err);
    if (status) {
        return status;
    }
    appender->segment_id = sqlite3_last_insert_rowid(folder->db.sqlite);
    return fovea_index_segment_create(folder, set, appender->segment_id,
            &appender->segment, err);
}

/* A segment with room for a row. */
static enum fovea_status
make_room(struct fovea_index_folder *folder, const struct fovea_index_set *set,
        struct fovea_index_appender *appender, struct fovea_error *err)
{
    if (!appender->segment) {
        enum fovea_status status = open_last(folder, set, appender, err);
        if (status) {
            return status;
        }
    }
    if (appender->segment && !is_full(appender->segment)) {
        return FOVEA_OK;
    }
    enum fovea_status status = sync_one(appender, err);
    if (status) {
        return status;
    }
    close_one(appender);
    return create_next(folder, set, appender, err);
}

enum fovea_status
fovea_appender_add(struct fovea_index_folder *folder,
        const struct fovea_index_set *set, const float *values,
        int64_t *segment_out, uint64_t *row_out, struct fovea_error *err)
{
    struct fovea_index_appender *appender = find(folder, set->id);
    if (!appender) {
        return fovea_fail_memory(err, sizeof *appender, "a segment");
    }
    enum fovea_status status = make_room(folder, set, appender, err);
    if (status) {
        return status;
    }
    uint64_t row = fovea_segment_n_rows(appender->segment);
    status = fovea_segment_append(appender->segment, values, 1, err);
    if (status) {
        return status;
    }
    appender->is_dirty = true;
    *segment_out = appender->segment_id;
    *row_out = row;
    return fovea_query_run(&folder->db, FOVEA_SQL_SEGMENT_GROW,
            (const int64_t[]){ appender->segment_id, (int64_t)row + 1 }, 2,
            err);
}

enum fovea_status
fovea_appender_sync(struct fovea_index_folder *folder, struct fovea_error *err)
{
    for (size_t i = 0; i < folder->n_appenders; i++) {
        enum fovea_status status = sync_one(&folder->appenders[i], err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

void
fovea_appender_drop(struct fovea_index_folder *folder)
{
    for (size_t i = 0; i < folder->n_appenders; i++) {
        close_one(&folder->appenders[i]);
    }
    free(FOVEA_TAKE(folder->appenders));
    folder->n_appenders = 0;
}
