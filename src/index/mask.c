/* See mask.h. */
#include "index/mask.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/glob.h"
#include "base/text.h"
#include "index/contents.h"
#include "index/files.h"
#include "index/internal.h"
#include "index/items.h"
#include "index/query.h"
#include "index/roots.h"
#include "index/rows.h"

#define NS_PER_S INT64_C(1000000000)

/* A mask that grows, and what its bits go by. */
struct sieve {
    struct fovea_index_folder *folder;
    const struct fovea_index_set *set;
    const struct fovea_index_filter *filter;
    struct fovea_index_root *roots; /* owned */
    size_t n_roots;
    struct fovea_text path; /* whole, of the file that is looked at */
    uint64_t *mask;         /* owned */
    uint64_t n;             /* bits that are set */
};

static void
finish_sieve(struct sieve *sieve)
{
    free(sieve->roots);
    free(sieve->mask);
    fovea_text_finish(&sieve->path);
}

static void
set_bit(struct sieve *sieve, uint64_t row)
{
    uint64_t bit = UINT64_C(1) << row % 64;
    sieve->n += !(sieve->mask[row / 64] & bit);
    sieve->mask[row / 64] |= bit;
}

/* All rows but the tombstones. */
static enum fovea_status
clear_tombstones(struct sieve *sieve, size_t place, struct fovea_error *err)
{
    const struct fovea_index_set *set = sieve->set;
    uint64_t n_rows = fovea_segment_n_rows(set->segments[place]);
    struct fovea_query query =
            fovea_query(&sieve->folder->db, FOVEA_SQL_TOMBSTONES, err);
    fovea_query_put(&query, set->segment_ids[place]);
    while (fovea_query_step(&query)) {
        uint64_t row = (uint64_t)fovea_query_number(&query, 0);
        if (row >= n_rows) {
            fovea_query_refuse(&query, "a tombstone that no segment has");
            continue;
        }
        row += set->first_rows[place];
        sieve->mask[row / 64] &= ~(UINT64_C(1) << row % 64);
    }
    return fovea_query_end(&query);
}

static enum fovea_status
fill_live(struct sieve *sieve, struct fovea_error *err)
{
    const struct fovea_index_set *set = sieve->set;
    for (uint64_t row = 0; row < set->n_rows; row++) {
        set_bit(sieve, row);
    }
    for (size_t i = 0; i < set->n_segments; i++) {
        enum fovea_status status = clear_tombstones(sieve, i, err);
        if (status) {
            return status;
        }
    }
    sieve->n = set->n_live;
    return FOVEA_OK;
}

static bool
has_root(const struct fovea_index_filter *filter, int64_t root)
{
    for (size_t i = 0; i < filter->n_roots; i++) {
        if (filter->roots[i] == root) {
            return true;
        }
    }
    return filter->n_roots == 0;
}

static bool
is_in_time(const struct fovea_index_filter *filter, int64_t time_s)
{
    return (!filter->has_from || time_s >= filter->from_s) &&
            (!filter->has_until || time_s < filter->until_s);
}

/* Whether one of the globs matches one of the names, which NULL ends. */
static bool
matches(const char *const *globs, size_t n, const char *const *names)
{
    for (size_t i = 0; i < n; i++) {
        for (const char *const *name = names; *name; name++) {
            if (fovea_glob_covers(globs[i], *name)) {
                return true;
            }
        }
    }
    return false;
}

static bool
passes_globs(const struct fovea_index_filter *filter, const char *const *names)
{
    return (filter->n_globs == 0 ||
                   matches(filter->globs, filter->n_globs, names)) &&
            !matches(filter->not_globs, filter->n_not_globs, names);
}

/* A content that is let through, if its time is right as well; other_s: the time
   of what was not taken by a camera that says when. */
static enum fovea_status
let_through(struct sieve *sieve, int64_t id, int64_t other_s,
        struct fovea_error *err)
{
    const struct fovea_index_filter *filter = sieve->filter;
    struct fovea_index_content content = { 0 };
    uint64_t row = 0;
    enum fovea_status status = FOVEA_OK;
    if (filter->has_from || filter->has_until) {
        status = fovea_index_content_get(sieve->folder, id, &content, err);
        int64_t time_s = content.has_taken ? content.taken_s : other_s;
        if (!status && !is_in_time(filter, time_s)) {
            return FOVEA_OK;
        }
    }
    if (!status) {
        status = fovea_index_content_row(sieve->folder, sieve->set, id, &row,
                err);
    }
    if (status == FOVEA_ERR_NO_ITEM) { /* in another set alone */
        fovea_error_clear(err);
        return FOVEA_OK;
    }
    if (!status) {
        set_bit(sieve, row);
    }
    return status;
}

static const char *
whole_path(struct sieve *sieve, const struct fovea_index_file *file)
{
    fovea_text_clear(&sieve->path);
    for (size_t i = 0; i < sieve->n_roots; i++) {
        if (sieve->roots[i].id == file->root) {
            const char *root = sieve->roots[i].path;
            fovea_text_format(&sieve->path, "%s/",
                    strcmp(root, "/") == 0 ? "" : root);
        }
    }
    fovea_text_add(&sieve->path, file->path, strlen(file->path));
    return fovea_text_failed(&sieve->path) ? file->path : sieve->path.data;
}

static enum fovea_status
look_at_file(struct sieve *sieve, const struct fovea_index_file *file,
        struct fovea_error *err)
{
    const struct fovea_index_filter *filter = sieve->filter;
    if (file->content <= 0 || !has_root(filter, file->root)) {
        return FOVEA_OK;
    }
    if (filter->n_globs + filter->n_not_globs > 0) {
        const char *const names[] = { file->path, whole_path(sieve, file),
            NULL };
        if (!passes_globs(filter, names)) {
            return FOVEA_OK;
        }
    }
    int64_t second =
            file->mtime_ns / NS_PER_S - (file->mtime_ns % NS_PER_S < 0 ? 1 : 0);
    return let_through(sieve, file->content, second, err);
}

FOVEA_DEFINE_AUTO(struct fovea_index_files *, fovea_index_files_close);
FOVEA_DEFINE_AUTO(struct fovea_index_items *, fovea_index_items_close);

static enum fovea_status
sieve_files(struct sieve *sieve, struct fovea_error *err)
{
    static const struct fovea_index_file_query all = { 0 };
    FOVEA_AUTO(fovea_index_files_close_auto)
    struct fovea_index_files *files = NULL;
    const struct fovea_index_file *file = NULL;
    enum fovea_status status =
            fovea_index_files_open(sieve->folder, &all, &files, err);
    while (!status) {
        status = fovea_index_files_next(files, &file, err);
        if (status || !file) {
            break;
        }
        status = look_at_file(sieve, file, err);
    }
    return status;
}

static enum fovea_status
sieve_items(struct sieve *sieve, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_index_items_close_auto)
    struct fovea_index_items *items = NULL;
    const struct fovea_index_item *item = NULL;
    if (sieve->filter->n_roots > 0) {
        return FOVEA_OK;
    }
    enum fovea_status status =
            fovea_index_items_open(sieve->folder, 0, &items, err);
    while (!status) {
        status = fovea_index_items_next(items, &item, err);
        if (status || !item) {
            break;
        }
        const char *const names[] = { item->name, NULL };
        if (passes_globs(sieve->filter, names)) {
            status = let_through(sieve, item->content, item->added_s, err);
        }
    }
    return status;
}

static bool
is_any(const struct fovea_index_filter *filter)
{
    return !filter ||
            (filter->n_roots + filter->n_globs + filter->n_not_globs == 0 &&
                    !filter->has_from && !filter->has_until);
}

enum fovea_status
fovea_index_mask(struct fovea_index_folder *folder,
        const struct fovea_index_set *set,
        const struct fovea_index_filter *filter, uint64_t **mask_out,
        uint64_t *n_out, struct fovea_error *err)
{
    if (is_any(filter) && set->n_live == set->n_rows) {
        *mask_out = NULL;
        *n_out = set->n_rows;
        return FOVEA_OK;
    }
    FOVEA_AUTO(finish_sieve)
    struct sieve sieve = { .folder = folder, .set = set, .filter = filter };
    size_t n_words = (size_t)(set->n_rows / 64 + 1);
    sieve.mask = calloc(n_words, sizeof *sieve.mask);
    if (!sieve.mask) {
        return fovea_fail_memory(err, n_words * sizeof *sieve.mask, "a mask");
    }
    enum fovea_status status = FOVEA_OK;
    if (is_any(filter)) {
        status = fill_live(&sieve, err);
    } else {
        status = fovea_index_roots(folder, &sieve.roots, &sieve.n_roots, err);
        status = status ? status : sieve_files(&sieve, err);
        status = status ? status : sieve_items(&sieve, err);
    }
    if (!status) {
        *mask_out = FOVEA_TAKE(sieve.mask);
        *n_out = sieve.n;
    }
    return status;
}
