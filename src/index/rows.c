/* See rows.h. */
#include "index/rows.h"

#include <inttypes.h>

#include "base/error.h"
#include "index/internal.h"
#include "index/query.h"

enum {
    PAGE_ROWS = 1024,
};

/* Which segment a row lies in: the last that begins at or before it. */
static size_t
find_segment(const struct fovea_index_set *set, uint64_t row)
{
    size_t first = 0;
    size_t end = set->n_segments;
    while (end - first > 1) {
        size_t middle = first + (end - first) / 2;
        if (set->first_rows[middle] <= row) {
            first = middle;
        } else {
            end = middle;
        }
    }
    return first;
}

static enum fovea_status
fail_row(const struct fovea_index_folder *folder, uint64_t row,
        struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_NO_ITEM,
            "%s: row %" PRIu64 " of the set is empty", folder->path, row);
}

enum fovea_status
fovea_index_row_content(struct fovea_index_folder *folder,
        const struct fovea_index_set *set, uint64_t row, int64_t *content_out,
        struct fovea_error *err)
{
    int64_t content = 0;
    if (row >= set->n_rows) {
        return fail_row(folder, row, err);
    }
    size_t place = find_segment(set, row);
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_ROW_CONTENT, err);
    fovea_query_put(&query, set->segment_ids[place]);
    fovea_query_put(&query, (int64_t)(row - set->first_rows[place]));
    if (fovea_query_step(&query)) {
        content = fovea_query_number(&query, 0);
    }
    enum fovea_status status = fovea_query_end(&query);
    if (status || content == 0) {
        return status ? status : fail_row(folder, row, err);
    }
    *content_out = content;
    return FOVEA_OK;
}

enum fovea_status
fovea_index_content_row(struct fovea_index_folder *folder,
        const struct fovea_index_set *set, int64_t content, uint64_t *row_out,
        struct fovea_error *err)
{
    int64_t segment = 0;
    int64_t row = 0;
    struct fovea_query query = fovea_query(&folder->db, FOVEA_SQL_ROW_OF, err);
    fovea_query_put(&query, set->id);
    fovea_query_put(&query, content);
    if (fovea_query_step(&query)) {
        segment = fovea_query_number(&query, 0);
        row = fovea_query_number(&query, 1);
    }
    enum fovea_status status = fovea_query_end(&query);
    if (status) {
        return status;
    }
    for (size_t i = 0; segment > 0 && row >= 0 && i < set->n_segments; i++) {
        if (set->segment_ids[i] == segment &&
                (uint64_t)row < fovea_segment_n_rows(set->segments[i])) {
            *row_out = set->first_rows[i] + (uint64_t)row;
            return FOVEA_OK;
        }
    }
    return fovea_fail(err, FOVEA_ERR_NO_ITEM,
            "%s: content %" PRId64 " has no vector of %s", folder->path,
            content, set->key.model);
}

enum fovea_status
fovea_index_row_vector(const struct fovea_index_set *set, uint64_t row,
        float *values_out, struct fovea_error *err)
{
    if (row >= set->n_rows) {
        return fovea_fail(err, FOVEA_ERR_NO_ITEM, "the set has no row %" PRIu64,
                row);
    }
    size_t place = find_segment(set, row);
    return fovea_segment_read(set->segments[place],
            row - set->first_rows[place], 1, values_out, err);
}

struct fovea_index_rows {
    struct fovea_index_folder *folder;
    const struct fovea_index_set *set;
    size_t place;     /* of the segment */
    int64_t from_row; /* in it */
    struct fovea_index_row page[PAGE_ROWS];
    size_t n;
    size_t next;
};

enum fovea_status
fovea_index_rows_open(struct fovea_index_folder *folder,
        const struct fovea_index_set *set, uint64_t first,
        struct fovea_index_rows **rows_out, struct fovea_error *err)
{
    struct fovea_index_rows *rows = calloc(1, sizeof *rows);
    if (!rows) {
        return fovea_fail_memory(err, sizeof *rows, "rows");
    }
    rows->folder = folder;
    rows->set = set;
    rows->place =
            first < set->n_rows ? find_segment(set, first) : set->n_segments;
    if (rows->place < set->n_segments) {
        rows->from_row = (int64_t)(first - set->first_rows[rows->place]);
    }
    *rows_out = rows;
    return FOVEA_OK;
}

static enum fovea_status
read_page(struct fovea_index_rows *rows, struct fovea_error *err)
{
    const struct fovea_index_set *set = rows->set;
    size_t place = rows->place;
    int64_t n_rows = (int64_t)fovea_segment_n_rows(set->segments[place]);
    struct fovea_query query =
            fovea_query(&rows->folder->db, FOVEA_SQL_ROWS, err);
    fovea_query_put(&query, set->segment_ids[place]);
    fovea_query_put(&query, rows->from_row);
    fovea_query_put(&query, PAGE_ROWS);
    rows->n = 0;
    rows->next = 0;
    while (rows->n < PAGE_ROWS && fovea_query_step(&query)) {
        int64_t row = fovea_query_number(&query, 0);
        if (row < rows->from_row || row >= n_rows) {
            fovea_query_refuse(&query, "a row that no segment has");
            continue;
        }
        rows->from_row = row + 1;
        rows->page[rows->n++] =
                (struct fovea_index_row){ set->first_rows[place] +
                            (uint64_t)row,
                    fovea_query_number(&query, 1) };
    }
    enum fovea_status status = fovea_query_end(&query);
    if (rows->n < PAGE_ROWS) {
        rows->place++;
        rows->from_row = 0;
    }
    return status;
}

enum fovea_status
fovea_index_rows_next(struct fovea_index_rows *rows,
        const struct fovea_index_row **row_out, struct fovea_error *err)
{
    while (rows->next == rows->n && rows->place < rows->set->n_segments) {
        enum fovea_status status = read_page(rows, err);
        if (status) {
            rows->n = rows->next;
            return status;
        }
    }
    *row_out = rows->next < rows->n ? &rows->page[rows->next++] : NULL;
    return FOVEA_OK;
}

void
fovea_index_rows_close(struct fovea_index_rows *rows)
{
    free(rows);
}
