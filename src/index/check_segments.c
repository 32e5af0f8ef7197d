/* See check_segments.h. */
#include "index/check_segments.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "index/files.h"
#include "index/items.h"
#include "index/query.h"
#include "index/segment_place.h"
#include "index/set_words.h"

enum {
    BATCH = 4096, /* rows between two calls */
    NAME_SIZE = 4096 + 8,
};

/* A segment as the table has it. */
struct entry {
    int64_t id;
    uint64_t n_rows;
    struct fovea_index_set set;
};

/* What a row is of, for people: the first file, or the first item. */
static void
name_content(struct fovea_check *check, int64_t content, char *name_out)
{
    const struct fovea_index_file_query which = { .content = content };
    struct fovea_index_files *files = NULL;
    struct fovea_index_items *items = NULL;
    const struct fovea_index_file *file = NULL;
    const struct fovea_index_item *item = NULL;
    (void)snprintf(name_out, NAME_SIZE, "content %" PRId64, content);
    if (fovea_index_files_open(check->folder, &which, &files, NULL) ==
                    FOVEA_OK &&
            fovea_index_files_next(files, &file, NULL) == FOVEA_OK && file) {
        (void)snprintf(name_out, NAME_SIZE, "%s", file->path);
    } else if (fovea_index_items_open(check->folder, content, &items, NULL) ==
                    FOVEA_OK &&
            fovea_index_items_next(items, &item, NULL) == FOVEA_OK && item) {
        (void)snprintf(name_out, NAME_SIZE, "item %s", item->name);
    }
    fovea_index_files_close(files);
    fovea_index_items_close(items);
    fovea_utf8_make_line(name_out);
}

/* A row whose bytes are not what was written; a tombstone's matter to nobody. */
static enum fovea_status
report_row(struct fovea_check *check, const struct entry *entry, uint64_t row,
        struct fovea_error *err)
{
    char name[NAME_SIZE];
    int64_t content = 0;
    struct fovea_query query =
            fovea_query(&check->folder->db, FOVEA_SQL_ROW_CONTENT, err);
    fovea_query_put(&query, entry->id);
    fovea_query_put(&query, (int64_t)row);
    if (fovea_query_step(&query)) {
        content = fovea_query_number(&query, 0);
    }
    enum fovea_status status = fovea_query_end(&query);
    if (!status && content > 0) {
        name_content(check, content, name);
        fovea_check_report(check, FOVEA_REMEDY_FILE,
                "segments/%" PRId64 ".seg: row %" PRIu64
                " is not what was written: the vector of %s by %s",
                entry->id, row, name, entry->set.key.model);
    }
    return status;
}

static void
tell_progress(struct fovea_check *check, uint64_t n_rows)
{
    const struct fovea_index_check_calls *calls = check->calls;
    check->n_done += n_rows;
    if (calls->on_progress &&
            !calls->on_progress(calls->context, check->n_done,
                    check->n_total)) {
        check->is_ended = true;
    }
}

static enum fovea_status
check_rows(struct fovea_check *check, const struct entry *entry,
        const struct fovea_segment *segment, struct fovea_error *err)
{
    uint64_t row = 0;
    while (row < entry->n_rows && !check->is_ended) {
        uint64_t n = entry->n_rows - row < BATCH ? entry->n_rows - row : BATCH;
        uint64_t n_good = 0;
        enum fovea_status status =
                fovea_segment_verify(segment, row, n, &n_good, err);
        if (status == FOVEA_ERR_INDEX_DAMAGED) {
            n = n_good + 1;
            status = report_row(check, entry, row + n_good, err);
        }
        if (status) {
            return status;
        }
        row += n;
        tell_progress(check, n);
    }
    return FOVEA_OK;
}

/* Whether the table still has it: it may have been compacted meanwhile. The
   transaction that is open sees a state before that. */
static bool
is_gone(struct fovea_check *check, const struct entry *entry)
{
    int64_t n = 0;
    char sql[80];
    fovea_query_rollback(&check->folder->db);
    (void)snprintf(sql, sizeof sql,
            "SELECT count(*) FROM segments WHERE id = %" PRId64, entry->id);
    return fovea_db_read_number(&check->folder->db, sql, &n, NULL) ==
            FOVEA_OK &&
            n == 0;
}

static enum fovea_status
check_segment(struct fovea_check *check, const struct entry *entry,
        struct fovea_error *err)
{
    struct fovea_segment *segment = NULL;
    const struct fovea_segment_spec spec =
            fovea_index_segment_spec(&entry->set, entry->id);
    FOVEA_AUTO_FREE char *path =
            fovea_index_segment_path(check->folder, entry->id);
    if (!path) {
        return fovea_fail_memory(err, 64, "a segment's path");
    }
    struct fovea_error why;
    enum fovea_status status = fovea_segment_open(path, &spec, entry->n_rows,
            FOVEA_SEGMENT_READ, &segment, &why);
    if (status == FOVEA_ERR_NO_MEMORY) {
        return fovea_fail(err, status, "%s", why.message);
    }
    if (status) {
        if (status != FOVEA_ERR_FILE_NOT_FOUND || !is_gone(check, entry)) {
            fovea_check_report(check, FOVEA_REMEDY_ANEW,
                    "%s (%" PRIu64 " vectors by %s)", why.message,
                    entry->n_rows, entry->set.key.model);
        }
        tell_progress(check, entry->n_rows);
        return FOVEA_OK;
    }
    status = check_rows(check, entry, segment, err);
    fovea_segment_close(segment);
    return status;
}

/* Columns of CHECK_SEGMENTS. */
static void
read_entry(struct fovea_query *query, struct entry *entry)
{
    size_t size = 0;
    const void *uuid = fovea_query_bytes(query, 2, &size);
    int64_t n_rows = fovea_query_number(query, 1);
    *entry = (struct entry){ .id = fovea_query_number(query, 0) };
    if (n_rows < 0 || n_rows > FOVEA_SEGMENT_MAX_ROWS ||
            size != sizeof entry->set.uuid ||
            !fovea_set_words_read(query, 3, &entry->set.key)) {
        fovea_query_refuse(query, "a set or a segment that is none");
        return;
    }
    entry->n_rows = (uint64_t)n_rows;
    memcpy(entry->set.uuid, uuid, size);
}

enum fovea_status
fovea_check_segments(struct fovea_check *check, struct fovea_error *err)
{
    int64_t n_total = 0;
    int64_t last = 0;
    enum fovea_status status = fovea_db_read_number(&check->folder->db,
            "SELECT ifnull(sum(n_rows), 0) FROM segments", &n_total, err);
    check->n_total = (uint64_t)n_total;
    while (!status && !check->is_ended) {
        struct entry entry = { 0 };
        struct fovea_query query =
                fovea_query(&check->folder->db, FOVEA_SQL_CHECK_SEGMENTS, err);
        fovea_query_put(&query, last);
        bool is_there = fovea_query_step(&query);
        if (is_there) {
            read_entry(&query, &entry);
        }
        status = fovea_query_end(&query);
        if (status || !is_there) {
            break;
        }
        last = entry.id;
        status = check_segment(check, &entry, err);
    }
    return status;
}
