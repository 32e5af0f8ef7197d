/* See set_list.h. */
#include "index/set_list.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "index/query.h"
#include "index/segment_place.h"
#include "index/set_words.h"

enum {
    MAX_SETS = 1000, /* a person has a handful */
    MAX_SEGMENTS = 1 << 20,
};

static void
forget_sets(struct fovea_index_set_list *list)
{
    free(FOVEA_TAKE(list->sets));
    free(FOVEA_TAKE(list->segments));
    free(FOVEA_TAKE(list->segment_ids));
    free(FOVEA_TAKE(list->first_rows));
    list->n_sets = 0;
    list->n_segments = 0;
    list->is_loaded = false;
}

void
fovea_set_list_drop(struct fovea_index_folder *folder)
{
    struct fovea_index_set_list *list = &folder->list;
    forget_sets(list);
    for (size_t i = 0; i < list->n_open; i++) {
        fovea_segment_close(list->open[i].segment);
    }
    free(FOVEA_TAKE(list->open));
    list->n_open = 0;
}

/* Columns 0 to 8 of SETS. */
static void
read_set(struct fovea_query *query, struct fovea_index_set *set)
{
    size_t size = 0;
    const void *uuid = fovea_query_bytes(query, 1, &size);
    *set = (struct fovea_index_set){ .id = fovea_query_number(query, 0) };
    if (size != sizeof set->uuid ||
            !fovea_set_words_read(query, 2, &set->key)) {
        fovea_query_refuse(query, "a set that is none");
        return;
    }
    memcpy(set->uuid, uuid, size);
}

static enum fovea_status
read_sets(struct fovea_index_folder *folder, struct fovea_error *err)
{
    struct fovea_index_set_list *list = &folder->list;
    struct fovea_query query = fovea_query(&folder->db, FOVEA_SQL_SETS, err);
    enum fovea_status memory = FOVEA_OK;
    while (!memory && fovea_query_step(&query)) {
        struct fovea_index_set *sets = list->n_sets < MAX_SETS
                ? reallocarray(list->sets, list->n_sets + 1, sizeof *sets)
                : NULL;
        if (!sets) {
            memory = fovea_fail_memory(err, sizeof *sets, "a set");
            continue;
        }
        list->sets = sets;
        read_set(&query, &sets[list->n_sets++]);
    }
    enum fovea_status status = fovea_query_end(&query);
    return memory ? memory : status;
}

static struct fovea_index_open_segment *
find_open(const struct fovea_index_set_list *list, int64_t id)
{
    for (size_t i = 0; i < list->n_open; i++) {
        if (list->open[i].id == id) {
            return &list->open[i];
        }
    }
    return NULL;
}

static enum fovea_status
open_segment(struct fovea_index_folder *folder,
        const struct fovea_index_set *set, int64_t id, uint64_t n_rows,
        const struct fovea_segment **segment_out, bool *is_gone_out,
        struct fovea_error *err)
{
    struct fovea_index_set_list *list = &folder->list;
    struct fovea_index_open_segment *open = find_open(list, id);
    if (open) {
        open->is_used = true;
        *segment_out = open->segment;
        return fovea_segment_extend(open->segment, n_rows, err);
    }
    const struct fovea_segment_spec spec = fovea_index_segment_spec(set, id);
    FOVEA_AUTO_FREE char *path = fovea_index_segment_path(folder, id);
    open = path ? reallocarray(list->open, list->n_open + 1, sizeof *open)
                : NULL;
    if (!open) {
        return fovea_fail_memory(err, sizeof *open, "a segment");
    }
    list->open = open;
    open += list->n_open;
    *open = (struct fovea_index_open_segment){ .id = id, .is_used = true };
    enum fovea_status status = fovea_segment_open(path, &spec, n_rows,
            FOVEA_SEGMENT_READ, &open->segment, err);
    if (!status) {
        list->n_open++;
        *segment_out = open->segment;
    } else if (status == FOVEA_ERR_FILE_NOT_FOUND) {
        *is_gone_out = true;
        status = fovea_fail(err, FOVEA_ERR_INDEX_DAMAGED,
                "%s: the segment is missing; fovea index --check tells more",
                path);
    }
    return status;
}

static struct fovea_index_set *
set_of(const struct fovea_index_set_list *list, int64_t id)
{
    for (size_t i = 0; i < list->n_sets; i++) {
        if (list->sets[i].id == id) {
            return &list->sets[i];
        }
    }
    return NULL;
}

/* A row of SEGMENTS. */
static enum fovea_status
add_segment(struct fovea_index_folder *folder, int64_t id, int64_t set_id,
        const int64_t counts[2], size_t place, bool *is_gone_out,
        struct fovea_error *err)
{
    struct fovea_index_set_list *list = &folder->list;
    struct fovea_index_set *set = set_of(list, set_id);
    /* Those of a set follow each other, or the table's order is broken. */
    bool follows = set &&
            (set->n_segments == 0 ||
                    set->segments + set->n_segments == list->segments + place);
    if (!follows || id <= 0 || counts[0] < 0 || counts[1] < 0 ||
            counts[0] > FOVEA_SEGMENT_MAX_ROWS || counts[1] > counts[0] ||
            place >= list->n_segments) {
        return fovea_db_fail_damaged(&folder->db, "a segment that is none",
                err);
    }
    enum fovea_status status = open_segment(folder, set, id,
            (uint64_t)counts[0], &list->segments[place], is_gone_out, err);
    if (status) {
        return status;
    }
    if (set->n_segments == 0) {
        set->segments = list->segments + place;
        set->segment_ids = list->segment_ids + place;
        set->first_rows = list->first_rows + place;
    }
    list->segment_ids[place] = id;
    list->first_rows[place] = set->n_rows;
    set->n_segments++;
    set->n_rows += (uint64_t)counts[0];
    set->n_live += (uint64_t)(counts[0] - counts[1]);
    return FOVEA_OK;
}

static enum fovea_status
make_arrays(struct fovea_index_folder *folder, struct fovea_error *err)
{
    struct fovea_index_set_list *list = &folder->list;
    int64_t n = 0;
    enum fovea_status status = fovea_db_read_number(&folder->db,
            "SELECT count(*) FROM segments", &n, err);
    if (status) {
        return status;
    }
    if (n > MAX_SEGMENTS) {
        return fovea_db_fail_damaged(&folder->db, "too many segments", err);
    }
    size_t size = (size_t)n + 1;
    list->n_segments = (size_t)n;
    list->segments = calloc(size, sizeof *list->segments);
    list->segment_ids = calloc(size, sizeof *list->segment_ids);
    list->first_rows = calloc(size, sizeof *list->first_rows);
    return list->segments && list->segment_ids && list->first_rows
            ? FOVEA_OK
            : fovea_fail_memory(err, size * 3 * sizeof(uint64_t), "segments");
}

static enum fovea_status
read_segments(struct fovea_index_folder *folder, bool *is_gone_out,
        struct fovea_error *err)
{
    enum fovea_status status = make_arrays(folder, err);
    if (status) {
        return status;
    }
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_SEGMENTS, err);
    for (size_t place = 0; !status && fovea_query_step(&query); place++) {
        const int64_t counts[] = { fovea_query_number(&query, 2),
            fovea_query_number(&query, 3) };
        status = add_segment(folder, fovea_query_number(&query, 0),
                fovea_query_number(&query, 1), counts, place, is_gone_out, err);
    }
    enum fovea_status ended = fovea_query_end(&query);
    return status ? status : ended;
}

static void
close_unused(struct fovea_index_set_list *list)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n_open; i++) {
        if (list->open[i].is_used) {
            list->open[n++] = list->open[i];
        } else {
            fovea_segment_close(list->open[i].segment);
        }
    }
    list->n_open = n;
}

enum fovea_status
fovea_set_list_load(struct fovea_index_folder *folder, bool *is_gone_out,
        struct fovea_error *err)
{
    struct fovea_index_set_list *list = &folder->list;
    int64_t version = 0;
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_DATA_VERSION, err);
    if (fovea_query_step(&query)) {
        version = fovea_query_number(&query, 0);
    }
    enum fovea_status status = fovea_query_end(&query);
    if (status ||
            (list->is_loaded && list->data_version == version &&
                    !folder->is_changing)) {
        return status;
    }
    forget_sets(list);
    list->data_version = version;
    for (size_t i = 0; i < list->n_open; i++) {
        list->open[i].is_used = false;
    }
    status = read_sets(folder, err);
    if (!status) {
        status = read_segments(folder, is_gone_out, err);
    }
    if (status) {
        fovea_set_list_drop(folder);
        return status;
    }
    close_unused(list);
    list->is_loaded = true;
    return FOVEA_OK;
}
