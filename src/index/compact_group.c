/* See compact_group.h. */
#include "index/compact_group.h"

#include "base/error.h"
#include "index/query.h"
#include "index/rows.h"
#include "index/segment_place.h"

static enum fovea_status
count_rows(struct fovea_index_folder *folder, int64_t segment, uint64_t *n_out,
        struct fovea_error *err)
{
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_ROWS_COUNT, err);
    fovea_query_put(&query, segment);
    *n_out = fovea_query_step(&query) ? (uint64_t)fovea_query_number(&query, 0)
                                      : 0;
    return fovea_query_end(&query);
}

static bool
is_worth_it(const struct fovea_compact_group *group)
{
    return group->n > 1 || group->n_tombstones > 0;
}

enum fovea_status
fovea_compact_find(struct fovea_index_folder *folder,
        const struct fovea_index_set *set, size_t from,
        struct fovea_compact_group *group_out, struct fovea_error *err)
{
    struct fovea_compact_group group = { .first = from };
    for (size_t place = from; place < set->n_segments; place++) {
        uint64_t n_rows = fovea_segment_n_rows(set->segments[place]);
        uint64_t n = 0;
        enum fovea_status status =
                count_rows(folder, set->segment_ids[place], &n, err);
        if (!status && n > n_rows) {
            status = fovea_db_fail_damaged(&folder->db,
                    "rows that no segment has", err);
        }
        if (status) {
            return status;
        }
        if (group.n > 0 && group.n_live + n > FOVEA_SEGMENT_ROWS) {
            if (is_worth_it(&group)) {
                break;
            }
            group = (struct fovea_compact_group){ .first = place };
        }
        group.n++;
        group.n_live += n;
        group.n_tombstones += n_rows - n;
    }
    *group_out =
            is_worth_it(&group) ? group : (struct fovea_compact_group){ 0 };
    return FOVEA_OK;
}

static enum fovea_status
forget_segment(struct fovea_db *db, int64_t id, int64_t *position_out,
        struct fovea_error *err)
{
    struct fovea_query query = fovea_query(db, FOVEA_SQL_SEGMENT_POSITION, err);
    fovea_query_put(&query, id);
    if (fovea_query_step(&query)) {
        *position_out = fovea_query_number(&query, 0);
    }
    enum fovea_status status = fovea_query_end(&query);
    if (!status) {
        status = fovea_query_run(db, FOVEA_SQL_SEGMENT_REMOVE, &id, 1, err);
    }
    return status
            ? status
            : fovea_query_run(db, FOVEA_SQL_TOMBSTONES_REMOVE, &id, 1, err);
}

/* The table forgets the old segments; the place of the first is the new one's.
   *new_id_out 0: no row is left. */
static enum fovea_status
replace_segments(struct fovea_db *db, const struct fovea_index_set *set,
        const struct fovea_compact_group *group, int64_t *new_id_out,
        struct fovea_error *err)
{
    int64_t position = 0;
    for (size_t i = group->n; i > 0; i--) {
        enum fovea_status status = forget_segment(db,
                set->segment_ids[group->first + i - 1], &position, err);
        if (status) {
            return status;
        }
    }
    *new_id_out = 0;
    if (group->n_live == 0) {
        return FOVEA_OK;
    }
    enum fovea_status status = fovea_query_run(db, FOVEA_SQL_SEGMENT_PUT,
            (const int64_t[]){ set->id, position, (int64_t)group->n_live }, 3,
            err);
    *new_id_out = sqlite3_last_insert_rowid(db->sqlite);
    return status;
}

static enum fovea_status
move_row(struct fovea_index_folder *folder, const struct fovea_index_set *set,
        const struct fovea_index_row *row, int64_t new_id,
        struct fovea_segment *segment, float *values, struct fovea_error *err)
{
    int64_t place = (int64_t)fovea_segment_n_rows(segment);
    enum fovea_status status =
            fovea_index_row_vector(set, row->row, values, err);
    if (!status) {
        status = fovea_segment_append(segment, values, 1, err);
    }
    return status
            ? status
            : fovea_query_run(&folder->db, FOVEA_SQL_ROW_MOVE,
                      (const int64_t[]){ new_id, place, set->id, row->content },
                      4, err);
}

static bool
goes_on(struct fovea_compact_progress *progress)
{
    const struct fovea_index_check_calls *calls = progress->calls;
    progress->n_done++;
    return !calls || !calls->on_progress || progress->n_done % 1024 != 0 ||
            calls->on_progress(calls->context, progress->n_done,
                    progress->n_total);
}

FOVEA_DEFINE_AUTO(struct fovea_index_rows *, fovea_index_rows_close);

/* All live rows of a group, in their order, to the new segment. */
static enum fovea_status
move_rows(struct fovea_index_folder *folder, const struct fovea_index_set *set,
        const struct fovea_compact_group *group, int64_t new_id,
        struct fovea_segment *segment, struct fovea_compact_progress *progress,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_index_rows_close_auto)
    struct fovea_index_rows *rows = NULL;
    FOVEA_AUTO_FREE float *values = calloc(set->key.dimension, sizeof *values);
    if (!values) {
        return fovea_fail_memory(err, set->key.dimension * sizeof *values,
                "a vector");
    }
    enum fovea_status status = fovea_index_rows_open(folder, set,
            set->first_rows[group->first], &rows, err);
    for (uint64_t i = 0; !status && i < group->n_live; i++) {
        const struct fovea_index_row *row = NULL;
        status = fovea_index_rows_next(rows, &row, err);
        if (!status && !row) {
            status =
                    fovea_db_fail_damaged(&folder->db, "rows are missing", err);
        }
        if (!status) {
            status = move_row(folder, set, row, new_id, segment, values, err);
        }
        if (!status && !goes_on(progress)) {
            status = fovea_fail(err, FOVEA_ERR_CANCELLED,
                    "%s: compacting was cancelled; nothing is lost",
                    folder->path);
        }
    }
    return status;
}

enum fovea_status
fovea_compact_rewrite(struct fovea_index_folder *folder,
        const struct fovea_index_set *set,
        const struct fovea_compact_group *group,
        struct fovea_compact_progress *progress, struct fovea_error *err)
{
    struct fovea_segment *segment = NULL;
    int64_t new_id = 0;
    enum fovea_status status =
            replace_segments(&folder->db, set, group, &new_id, err);
    if (status || new_id == 0) {
        return status;
    }
    status = fovea_index_segment_create(folder, set, new_id, &segment, err);
    if (!status) {
        status = move_rows(folder, set, group, new_id, segment, progress, err);
    }
    if (!status) {
        status = fovea_segment_sync(segment, err);
    }
    fovea_segment_close(segment);
    return status;
}
